import { createRandom } from '#libs/random';
import type { Fault, FaultKind } from './faults/fault.js';

export interface DrawnFault extends Fault {
  kind: string;
}

const FEWEST = 2;
const MOST = 4;

/**
 * The faults of a round: a function of its seed and of the kinds to choose from. The first kind goes round with the
 * seed, so that many rounds have seen all; the others are drawn. Those of the import come first.
 */
export function drawFaults(kinds: readonly FaultKind[], seed: number): DrawnFault[] {
  const random = createRandom('laboratory', seed);
  const count = random.integer(FEWEST, MOST);
  const drawn = Array.from({ length: count }, (_, place) => {
    const kind = kinds[place === 0 ? seed % kinds.length : random.integer(0, kinds.length - 1)]!;
    return { kind: kind.name, ...kind.draw(random) };
  });
  const rank = ({ when }: Fault): number => (when.phase === 'import' ? 0 : 1);
  return drawn.sort((a, b) => rank(a) - rank(b));
}
