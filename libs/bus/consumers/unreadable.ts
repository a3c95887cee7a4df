import { createLogger } from '#libs/telemetry';
import type { Connection } from '../connection/connection.js';

const log = createLogger('bus');

/** Messages that a stream counts and cannot hand out: their bytes on the disk are damaged. */
export interface Unreadable {
  /** How many of those asked for. */
  count: number;
  /** Their sequences; empty where that cannot be told. */
  sequences: readonly number[];
}

/** Sequences that were passed over, as `[first, last]`. */
export type Gap = readonly [first: number, last: number];

/** A stream with more holes than this is not searched for which of them are damage. */
const MOST_DELETED = 10_000;
export const MOST_GAPS = 1000;

/** Where a reader that gets nothing more stands. */
export interface Stalled {
  stream: string;
  consumer: string;
  /** Subject that is read; `>`: all. */
  subject: string;
  /** Messages it has received. */
  received: number;
  /** Messages that the broker said were still to come. */
  pending: number;
  /** Sequence of the last, or the one before the first that was wanted. */
  lastSequence: number;
  /** What was passed over before that; undefined when there was too much of it. */
  gaps: readonly Gap[] | undefined;
}

/**
 * What keeps a reader waiting for messages that the broker counts as still to come: those that nobody can read.
 * nats-server passes over them without a word and goes on counting them, some for ever: `stillCounted` (seen on
 * 2.15.1). Undefined when something readable is there after all, and is on its way.
 */
export async function findUnreadable(
  connection: Connection,
  stalled: Stalled,
): Promise<(Unreadable & { stillCounted: number }) | undefined> {
  const { stream, consumer, subject, received, pending, lastSequence } = stalled;
  // A site may not look where the damage is.
  if (connection.isSite) return undefined;
  const { consumers, direct } = connection.manager;
  const info = await connection.answer(consumers.info(stream, consumer));
  if (info.delivered.consumer_seq !== received) return undefined;
  const next = { seq: lastSequence + 1, next_by_subj: subject };
  if ((await connection.answer(direct.getMessage(stream, next))) !== null) return undefined;
  const sequences = subject === '>' ? await damagedSequences(connection, stalled) : [];
  const found = { count: pending, sequences: sequences.length === pending ? sequences : [] };
  log.warn({ stream, ...found }, 'stored messages cannot be read and are passed over: the broker has damaged files');
  return { ...found, stillCounted: info.num_pending };
}

/** What was passed over and is not said to be deleted. */
async function damagedSequences(connection: Connection, { stream, lastSequence, gaps }: Stalled): Promise<number[]> {
  const { streams } = connection.manager;
  const { state } = await connection.answer(streams.info(stream));
  if (!gaps || (state.num_deleted ?? 0) > MOST_DELETED) return [];
  const detailed = await connection.answer(streams.info(stream, { deleted_details: true }));
  const deleted = new Set(detailed.state.deleted);
  const passed: Gap[] = [...gaps, [lastSequence + 1, state.last_seq]];
  return passed.flatMap(([first, last]) => sequencesIn(Math.max(first, state.first_seq), last, deleted));
}

function sequencesIn(first: number, last: number, deleted: ReadonlySet<number>): number[] {
  const found: number[] = [];
  for (let sequence = first; sequence <= last && found.length <= MOST_GAPS; sequence++)
    if (!deleted.has(sequence)) found.push(sequence);
  return found;
}
