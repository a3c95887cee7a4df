import { HeaderName, readUnusedPlaces, Streams, type Bus } from '#libs/bus';
import { codecs, type Decision } from '#libs/contracts';
import type { RecordedDecision } from './record.js';

/** What a look at the record tells. */
export interface Verification {
  /** Entries that are sound, from the first on. */
  entries: number;
  /** Hash of the last sound one; empty when there is none. Noted elsewhere, it proves that none was cut off. */
  head: string;
  /** The first entry that is not as it must be; undefined: all are. */
  broken: { number: number; why: string } | undefined;
}

/** An entry, or why what lies in its place is none. */
export type Read = (RecordedDecision & { why?: undefined }) | { number: number; why: string };

/**
 * The record from its beginning to what is stored now. It ends behind the first entry that is not sound: what follows
 * proves nothing. Places that a full disk used up hold no entry; that an entry names the one before a gap does not
 * explain it, since the newest entry could have been deleted before it was named.
 *
 * @throws BUS_UNAVAILABLE
 */
export async function* readDecisions(bus: Bus, signal: AbortSignal): AsyncGenerator<Read> {
  const { lastSequence } = await bus.statsOf(Streams.DECISIONS);
  let [place, previousHash] = [1, ''];
  if (lastSequence > 0) {
    for await (const entry of bus.follow({
      stream: Streams.DECISIONS,
      codec: codecs.Decision,
      storedOnly: true,
      signal,
    })) {
      if (entry.sequence > place) place = await behindUnused(bus, place, signal);
      const why = whatIsWrong(entry, place, previousHash);
      if (why !== undefined) {
        yield { number: place, why };
        return;
      }
      place++;
      previousHash = entry.headers.get(HeaderName.CONTENT_HASH)!;
      yield { decision: entry.message!, hash: previousHash };
    }
  }
  if (place <= lastSequence) place = await behindUnused(bus, place, signal);
  if (place <= lastSequence) yield { number: place, why: `it is missing: the record had ${lastSequence} entries` };
}

/** The first place from this one on where an entry must lie. */
async function behindUnused(bus: Bus, place: number, signal: AbortSignal): Promise<number> {
  let behind = place;
  for (const { first, last } of await readUnusedPlaces(bus, Streams.DECISIONS, signal))
    if (first <= behind && behind <= last) behind = last + 1;
  return behind;
}

/** Follows the chain of the record. @throws BUS_UNAVAILABLE */
export async function verifyRecord(bus: Bus, signal: AbortSignal): Promise<Verification> {
  let [entries, head] = [0, ''];
  for await (const read of readDecisions(bus, signal)) {
    if (read.why !== undefined) return { entries, head, broken: read };
    entries++;
    head = read.hash;
  }
  return { entries, head, broken: undefined };
}

/** The content hash of a message is that of its bytes: whoever reads it has compared the two. */
function whatIsWrong(
  { sequence, message, error }: { sequence: number; message?: Decision; error?: { rawMessage: string } },
  number: number,
  previousHash: string,
): string | undefined {
  if (sequence !== number) return `it is missing: behind it comes the entry in place ${sequence}`;
  if (!message) return `it cannot be read: ${error?.rawMessage ?? 'it is no decision'}`;
  if (message.number !== number) return `it says that it is entry ${message.number}`;
  if (message.previousHash !== previousHash) return 'it names another entry before it than the one that is there';
  return undefined;
}
