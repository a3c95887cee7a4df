import { HeaderName, Streams, type Bus } from '#libs/bus';
import { codecs, type Split } from '#libs/contracts';

/** A stored scan, without its pixels. */
export interface ScanEntry {
  sequence: number;
  sampleId: string;
  split: Split;
  /** Class name given at ingest, or empty. */
  label: string;
}

/** All scans that are stored now, in stream order, from their headers alone. */
export async function listScans(bus: Bus, signal: AbortSignal): Promise<ScanEntry[]> {
  const entries: ScanEntry[] = [];
  if ((await bus.stats()).SCANS.messages === 0) return entries;
  for await (const entry of followScans(bus, signal)) {
    entries.push(entry);
    if (entry.pending === 0) break;
  }
  return entries;
}

/** Scans as they come, from the beginning of the stream. */
export async function* followScans(bus: Bus, signal: AbortSignal): AsyncGenerator<ScanEntry & { pending: number }> {
  for await (const { sequence, headers, pending } of bus.follow({ stream: Streams.SCANS, headersOnly: true, signal })) {
    yield {
      sequence,
      sampleId: headers.get(HeaderName.SAMPLE_ID) ?? '',
      split: (headers.get(HeaderName.SPLIT) ?? 'SPLIT_UNSPECIFIED') as Split,
      label: decodeURIComponent(headers.get(HeaderName.LABEL) ?? ''),
      pending,
    };
  }
}

/** The image file of a scan; undefined when the stream no longer has it. */
export async function readImage(bus: Bus, sequence: number): Promise<Buffer | undefined> {
  return (await readScan(bus, sequence))?.image;
}

/** The image file of a scan and where it came from, for people; undefined when the stream no longer has it. */
export async function readScan(bus: Bus, sequence: number): Promise<{ image: Buffer; source: string } | undefined> {
  const received = await bus.get(Streams.SCANS, sequence, codecs.Scan);
  return received?.message.image
    ? { image: await bus.fromPayload(received.message.image), source: received.message.source }
    : undefined;
}
