import { ArchiveIndex, type SampleArchive } from '#libs/archive';
import { followScans, Streams, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { Withdrawals } from '#libs/withdrawals';
import { placesOf } from '../lineage/sample-places.js';

/** A sample that is to be withdrawn. */
export interface SampleToWithdraw {
  sampleId: string;
  /** Empty where none is known. */
  patientId: string;
  studyId: string;
  /** Places that it has or had on SCANS. */
  sequences: number[];
}

/** All that is known of one sample; undefined when it was never accepted. */
export async function findSample(bus: Bus, sampleId: string): Promise<SampleToWithdraw | undefined> {
  const places = await placesOf(bus, sampleId);
  if (places.size === 0) return undefined;
  const stored = await bus.get(Streams.SCANS, Math.max(...places), codecs.Scan);
  const archived = await new ArchiveIndex(bus).get(sampleId);
  const before = await new Withdrawals(bus).ofSample(sampleId);
  const patientId = stored?.message.patientId || archived?.patientId || before?.patientId || '';
  const studyId = stored?.message.studyId || archived?.studyId || '';
  return { sampleId, patientId, studyId, sequences: [...places] };
}

/**
 * Every sample of a patient, on SCANS and in the archive. Where headers and notes of an older version do not say whose
 * a sample is, the scan itself is read.
 *
 * @param patientId pseudonym
 */
export async function findSamplesOf(
  bus: Bus,
  archive: SampleArchive | undefined,
  patientId: string,
  signal: AbortSignal,
): Promise<SampleToWithdraw[]> {
  const found = new Map<string, SampleToWithdraw>();
  const add = async (sampleId: string): Promise<void> => {
    const sample = await findSample(bus, sampleId);
    if (sample) found.set(sampleId, { ...sample, patientId });
  };
  for await (const { sampleId, sequence, patientId: known } of followScans(bus, { signal, storedOnly: true })) {
    const whose = known ?? (await bus.get(Streams.SCANS, sequence, codecs.Scan))?.message.patientId;
    if (whose === patientId) await add(sampleId);
  }
  for await (const { sampleId, entry } of new ArchiveIndex(bus).entries(signal)) {
    const whose = entry.patientId || (await archive?.load(sampleId, signal))?.scan.patientId;
    if (whose === patientId) await add(sampleId);
  }
  for await (const { sampleId, withdrawal } of new Withdrawals(bus).samples(signal))
    if (withdrawal.patientId === patientId) await add(sampleId);
  return [...found.values()];
}
