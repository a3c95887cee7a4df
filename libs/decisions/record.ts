import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { HeaderName, Streams, subjects, type Bus, type Received } from '#libs/bus';
import { codecs, type Decision, type DecisionInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { whoDecides } from './who.js';

/** A decision as whoever makes it says it; its place, its time unless given, and who it is are added. */
export type DecisionToRecord = Omit<DecisionInput, 'number' | 'previousHash' | 'kind' | 'by'> & {
  kind: Exclude<Decision['kind'], 'KIND_UNSPECIFIED'>;
  reason: string;
};

/** An entry of the record. */
export interface RecordedDecision {
  decision: Decision;
  /** SHA-256 of its bytes, lower-case hexadecimal: what the next entry names. */
  hash: string;
}

/** What a decision is about, and what tells it from all others: recorded twice, it stands once. */
export interface DecisionIdentity {
  /** Alias or run. */
  scope: string;
  key: string;
}

/** Longest pause behind which it is tried again when another entry was first. */
const MAX_PAUSE_MS = 50;

/**
 * Adds an entry to the record; resolves when it is durable. Who writes at the same time waits for its turn, by the
 * sequence of the stream: no entry is lost, and each names the one before, also behind places that hold nothing. Behind
 * a message that is no entry one names none: what is decided is on record all the same, and who verifies the record is
 * told of the message.
 *
 * @throws BACKPRESSURE when the record is full, BUS_UNAVAILABLE; INVALID_ARGUMENT
 */
export async function recordDecision(
  bus: Bus,
  decision: DecisionToRecord,
  { scope, key }: DecisionIdentity,
): Promise<RecordedDecision> {
  const subject = subjects.decision(kindToken(decision.kind), token(scope), token(key));
  const by = whoDecides(bus);
  for (;;) {
    const last = await bus.statsOf(Streams.DECISIONS);
    if (last.lastSequence === 0) await bus.ensureTopology();
    const known = last.messages === 0 ? null : await bus.lastReadable(Streams.DECISIONS, subject, codecs.Decision);
    if (known) return recorded(known);
    const before =
      last.messages === 0 ? undefined : await bus.lastReadable(Streams.DECISIONS, subjects.decisions, codecs.Decision);
    const entry = {
      timeUnixMs: Date.now(),
      ...decision,
      by,
      number: last.lastSequence + 1,
      previousHash: before?.headers.get(HeaderName.CONTENT_HASH) ?? '',
    };
    try {
      await bus.publish(subject, codecs.Decision, entry, { expectedLastSequence: last.lastSequence });
      const bytes = codecs.Decision.encode(entry);
      return {
        decision: codecs.Decision.decode(bytes),
        hash: createHash('sha256').update(bytes).digest('hex'),
      };
    } catch (error) {
      if (SulcusError.from(error).code !== 'CONFLICT') throw error;
      await delay(Math.random() * MAX_PAUSE_MS);
    }
  }
}

/** The newest decision of a kind about an alias or run; undefined when there is none. */
export async function lastDecision(bus: Bus, kind: Decision['kind'], scope: string): Promise<Decision | undefined> {
  const { messages } = await bus.statsOf(Streams.DECISIONS);
  if (messages === 0) return undefined;
  const found = await bus.lastReadable(
    Streams.DECISIONS,
    subjects.decisionsOn(kindToken(kind), token(scope)),
    codecs.Decision,
  );
  return found?.message;
}

/** The content hash of a message is that of its bytes: whoever read it has compared the two. */
const recorded = ({ message: decision, headers }: Received<Decision>): RecordedDecision => ({
  decision,
  hash: headers.get(HeaderName.CONTENT_HASH)!,
});

/** "KIND_ROLLED_BACK" as "rolled-back". */
const kindToken = (kind: Decision['kind']): string => kind.slice('KIND_'.length).toLowerCase().replaceAll('_', '-');

/** Names may hold what a subject may not. */
const token = (text: string): string => text.replaceAll(/[^A-Za-z0-9_=-]/g, '_').slice(0, 128) || '_';
