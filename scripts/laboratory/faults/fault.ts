import type { Random } from '#libs/random';
import type { Moment } from '../observe/moments.js';
import type { RoundOutcome } from '../outcome.js';
import type { Stand } from '../stand/stand.js';

/** When a fault strikes: so long after the one before, or at a moment of the conversation with the broker. */
export interface When {
  delayMs: number;
  moment?: Moment;
  /** Whether it is meant for the import, which every round begins with, or for what follows. */
  phase: 'import' | 'training';
}

/** One fault of a round, drawn and not yet made. */
export interface Fault {
  /** What it is aimed at, for people: `trainer`, `broker`, `connection of the trainer`. */
  target: string;
  when: When;
  /**
   * Makes the fault and ends it.
   *
   * @returns when it had ended (`performance.now()`); undefined when there was nothing to aim at: then nothing happened
   */
  strike: (stand: Stand) => Promise<number | undefined>;
}

/** What the command line says of faults. */
export interface FaultSettings {
  /** Default: drawn. */
  fullSeconds?: number | undefined;
  /** Faults of a round. Default: two to four, drawn. */
  faults?: number | undefined;
}

/** A kind of fault: a file each, listed in `kinds.ts`. */
export interface FaultKind {
  name: string;
  /** What it does, in a few words for `--help` and the documents. */
  description: string;
  /** Whether the round's state, with the broker's store, lies on a disk of its own. */
  needsDisk?: boolean;
  /** Whether it works on the store of the launcher's own broker. */
  onOneServer?: boolean;
  /** Whether it destroys what is stored: that must be named then, and weights cannot be compared. */
  damages?: boolean;
  /** Whether it leaves what the audit is to name as unreadable. */
  leavesUnreadable?: boolean;
  /** Why it cannot be made on this machine, in a sentence. */
  unavailable?: () => string | undefined;
  /** @param turn grows with the rounds: a kind that has cases takes them one after the other by it */
  draw: (random: Random, settings: FaultSettings, turn: number) => Fault;
}

/** A kind of fault that asks for another set-up than the pipeline's, and therefore makes its rounds itself. */
export interface OwnRound extends Pick<FaultKind, 'name' | 'description' | 'unavailable' | 'onOneServer'> {
  round: (place: { seed: number; folder: string }) => Promise<RoundOutcome>;
}

export type AnyKind = FaultKind | OwnRound;

export const isOwnRound = (kind: AnyKind): kind is OwnRound => 'round' in kind;
export const isPipelineKind = (kind: AnyKind): kind is FaultKind => !isOwnRound(kind);

/** One of some values, each as likely. */
export const oneOf = <T>(random: Random, values: readonly T[]): T => values[random.integer(0, values.length - 1)]!;

/** Some time into the training, or the moment. */
export const duringTraining = (random: Random, moment?: Moment): When => ({
  phase: 'training',
  delayMs: random.integer(0, 1500),
  ...(moment ? { moment } : {}),
});
