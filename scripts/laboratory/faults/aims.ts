import type { Random } from '#libs/random';
import type { Moment } from '../observe/moments.js';
import type { Stand } from '../stand/stand.js';
import { PARTS, sendSignal, type Part } from '../stand/process-table.js';
import { duringTraining, oneOf, type When } from './fault.js';

/** A process and when it is hit. */
export interface Aim {
  part: Part;
  when: When;
}

/** Whose work is under way at which moment; the broker's always. */
const WORST: readonly (readonly [Moment, Part])[] = [
  ['storing a batch', 'preprocess'],
  ['storing a checkpoint', 'trainer'],
  ['pointing to a checkpoint', 'trainer'],
  ['acknowledging batches', 'trainer'],
  ['storing a version', 'trainer'],
  ['publishing a version', 'trainer'],
  ['swapping a version', 'predictor'],
  ['swapping a version', 'predictor-engine'],
  ['archiving a scan', 'archiver'],
];

const BROKER_SHARE = 0.3;
const IMPORT_SHARE = 0.15;

/** A process at a random moment, or at one of the worst. */
export function drawAim(random: Random): Aim {
  if (random.chance(IMPORT_SHARE))
    return {
      part: oneOf(random, ['import', 'broker', 'launcher'] as const),
      when: { phase: 'import', moment: 'storing a scan', delayMs: random.integer(0, 30) },
    };
  if (random.chance(0.5)) {
    const [moment, part] = oneOf(random, WORST);
    return { part: random.chance(BROKER_SHARE) ? 'broker' : part, when: duringTraining(random, moment) };
  }
  return {
    part: oneOf(
      random,
      PARTS.filter((part) => part !== 'import'),
    ),
    when: duringTraining(random),
  };
}

/** Sends a signal to the processes of a part; false when there are none. */
export function signalPart(stand: Stand, part: Part, signal: NodeJS.Signals): boolean {
  const pids = stand.pids(part);
  return pids.map((pid) => sendSignal(pid, signal)).some(Boolean);
}
