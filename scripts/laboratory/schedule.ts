import { createRandom } from '#libs/random';
import type { Fault, FaultKind, FaultSettings } from './faults/fault.js';

export interface DrawnFault extends Fault {
  kind: string;
  needsDisk: boolean;
  damages: boolean;
  leavesUnreadable: boolean;
}

const FEWEST = 2;
const MOST = 4;

/**
 * The faults of a round: a function of its seed and of the kinds to choose from. The first kind is given, the others
 * are drawn. Those of the import come first.
 *
 * @param turn how often the first kind has been the first of a round before
 */
export function drawFaults(
  { first, kinds, turn }: { first: FaultKind; kinds: readonly FaultKind[]; turn: number },
  seed: number,
  settings: FaultSettings,
): DrawnFault[] {
  const random = createRandom('laboratory', seed);
  const drawnCount = random.integer(FEWEST, MOST);
  const count = settings.faults ?? drawnCount;
  const drawn = Array.from({ length: count }, (_, place) => {
    const kind = place === 0 ? first : kinds[random.integer(0, kinds.length - 1)]!;
    const { name, needsDisk = false, damages = false, leavesUnreadable = false } = kind;
    return { kind: name, needsDisk, damages, leavesUnreadable, ...kind.draw(random, settings, turn + place) };
  });
  const rank = ({ when }: Fault): number => (when.phase === 'import' ? 0 : 1);
  return drawn.sort((a, b) => rank(a) - rank(b));
}
