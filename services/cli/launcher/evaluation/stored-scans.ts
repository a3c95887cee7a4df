import { followScans, Streams, type Bus, type ScanEntry } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { readLabels } from '#libs/labels';

/** All scans that are stored now, in stream order, from their headers alone, under the labels that count for them. */
export async function listScans(bus: Bus, signal: AbortSignal): Promise<ScanEntry[]> {
  const labels = await readLabels(bus, signal);
  const entries: ScanEntry[] = [];
  for await (const entry of followScans(bus, { signal, storedOnly: true }))
    entries.push({ ...entry, label: labels.newest(entry).name });
  return entries;
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
