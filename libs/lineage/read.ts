import { HeaderName, Streams, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import type { SulcusError } from '#libs/errors';
import { decodeSegment, type Segment } from './segment.js';

/** Segments by the hash of their bytes. */
export interface KnownLineage {
  segments: ReadonlyMap<string, Segment>;
  /** What lies on the stream and cannot be read, by sequence. */
  unreadable: ReadonlyMap<number, SulcusError | undefined>;
}

/**
 * Every segment that is stored: some four bytes a sample.
 *
 * @param run only those of it. Default: of all
 * @throws BUS_UNAVAILABLE
 */
export async function readLineage(bus: Bus, signal: AbortSignal, run?: string): Promise<KnownLineage> {
  const segments = new Map<string, Segment>();
  const unreadable = new Map<number, SulcusError | undefined>();
  const { messages } = await bus.statsOf(Streams.LINEAGE);
  if (messages === 0) return { segments, unreadable };
  const subject = run === undefined ? undefined : subjects.lineageIn(run);
  for await (const { message, headers, error, sequence } of bus.follow({
    stream: Streams.LINEAGE,
    codec: codecs.LineageSegment,
    storedOnly: true,
    signal,
    ...(subject !== undefined && { subject }),
  })) {
    if (message) segments.set(headers.get(HeaderName.CONTENT_HASH)!, decodeSegment(message));
    else unreadable.set(sequence, error);
  }
  return { segments, unreadable };
}

/** A segment and those before it, newest first, as far as they are known. @param hash of the last; empty: none */
export function* chainOf({ segments }: KnownLineage, hash: string): Generator<Segment> {
  for (let segment = segments.get(hash); segment; segment = segments.get(segment.previous)) yield segment;
}
