import { ArchiveIndex } from '#libs/archive';
import { readScanHeaders, Streams, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { Withdrawals } from '#libs/withdrawals';

/** Every place that a sample is known to have had on SCANS; empty when it is not known at all. */
export async function placesOf(bus: Bus, sampleId: string): Promise<Set<number>> {
  const [stored, archived, withdrawn] = await Promise.all([
    bus.getLast(Streams.SCANS, subjects.scanOf(sampleId), codecs.Scan),
    new ArchiveIndex(bus).get(sampleId),
    new Withdrawals(bus).ofSample(sampleId),
  ]);
  return new Set([
    ...(stored ? [...(readScanHeaders(stored.headers).earlierSequences ?? []), stored.sequence] : []),
    ...(archived ? [...archived.earlierSequences, archived.scanSequence] : []),
    ...(withdrawn?.sequences ?? []),
  ]);
}
