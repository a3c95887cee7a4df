import { codecs } from '#libs/contracts';
import type { Bus } from './bus.js';
import { subjectToken } from './topology.js';

/** What a run that learns from a stream still needs of SCANS. What no run needs may leave for the archive. */
export interface Retention {
  run: string;
  /** Every labelled scan up to this sequence has been learned or put aside for good; 0: none yet. */
  settledThrough: number;
  /**
   * Newest sequence of LABELS that the run had seen when it decided so; 0: none. A scan whose label is newer stays,
   * also below `settledThrough`, until the run has seen that label.
   */
  labelsThrough: number;
  /** Sequences needed all the same: replay memory, held-out sets, pending ones. In any order. */
  retained: Iterable<number>;
}

/** A retention as it was read. */
export interface StoredRetention extends Retention {
  updatedUnixMs: number;
  retained: ReadonlySet<number>;
}

/**
 * Says what a run needs from now on, in place of what it said before. To be called behind each durable checkpoint,
 * with what that checkpoint needs: what a run no longer names may be gone a moment later, and a trainer that is killed
 * goes on from its checkpoint.
 *
 * A run that needs every scan, as one in epochs does, says nothing: while it lives its labelled scans stay.
 *
 * @throws BUS_UNAVAILABLE; INVALID_ARGUMENT for a run that cannot be a key
 */
export async function publishRetention(
  bus: Bus,
  { run, settledThrough, labelsThrough, retained }: Retention,
): Promise<void> {
  const sequences = [...new Set(retained)].sort((a, b) => a - b);
  const message = {
    run,
    updatedUnixMs: Date.now(),
    settledThrough,
    labelsThrough,
    retainedDistances: sequences.map((sequence, index) => sequence - (sequences[index - 1] ?? 0)),
  };
  const bucket = await bus.keyValue('retention');
  await bucket.put(subjectToken(run, 'Run'), codecs.RunRetention.encode(message));
}

/**
 * What every run needs that has said so, by run.
 *
 * @throws BUS_UNAVAILABLE; MESSAGE_INVALID for a record that cannot be read
 */
export async function readRetentions(bus: Bus): Promise<ReadonlyMap<string, StoredRetention>> {
  const bucket = await bus.keyValue('retention');
  const found = new Map<string, StoredRetention>();
  for (const run of await bucket.keys()) {
    const entry = await bucket.get(run);
    if (!entry) continue;
    const { retainedDistances, ...said } = codecs.RunRetention.decode(entry.value);
    let sequence = 0;
    const retained = new Set(retainedDistances.map((distance) => (sequence += distance)));
    found.set(run, { ...said, run, retained });
  }
  return found;
}

/** Forgets what a run said: while it lives it needs every labelled scan again. */
export async function withdrawRetention(bus: Bus, run: string): Promise<void> {
  await (await bus.keyValue('retention')).delete(subjectToken(run, 'Run'));
}
