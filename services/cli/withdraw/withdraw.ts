import { ArchiveIndex, type SampleArchive } from '#libs/archive';
import { Streams, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { recordDecision } from '#libs/decisions';
import { SulcusError } from '#libs/errors';
import { readLineage } from '#libs/lineage';
import { Registry } from '#libs/registry';
import { Withdrawals } from '#libs/withdrawals';
import { versionsThatSaw, type VersionThatSaw } from '../lineage/versions-of.js';
import type { SampleToWithdraw } from './find-samples.js';
import { deleteRefused, type RefusedTold } from './refused.js';

/** What is withdrawn, and why. */
export interface WithdrawalRequest {
  samples: readonly SampleToWithdraw[];
  /** Pseudonym, where all of a patient is withdrawn, now and in future; else undefined. */
  patientId: string | undefined;
  reason: string;
  /** SULCUS_DATA_DIR of the site, where what was refused may lie. */
  dataDir: string;
}

/** What a withdrawal has found. */
export interface WithdrawalTold {
  /** Versions that had learned from what is withdrawn. */
  versions: VersionThatSaw[];
  refused: RefusedTold;
}

/** Identities in one entry of the record: far below what a message holds. */
const SAMPLES_PER_ENTRY = 5000;

/**
 * Takes samples out of everything that is stored and learned from. First it is noted that they are withdrawn, so that
 * nobody takes them in again; then trainers are told, then they are deleted everywhere. Doing it again completes what
 * was broken off.
 *
 * @returns the versions that had learned from them, and what was refused of them
 */
export async function withdraw(
  bus: Bus,
  archive: SampleArchive | undefined,
  { samples, patientId, reason, dataDir }: WithdrawalRequest,
  signal: AbortSignal,
): Promise<WithdrawalTold> {
  const withdrawals = new Withdrawals(bus);
  const timeUnixMs = Date.now();
  if (patientId !== undefined) await withdrawals.addPatient(patientId, { reason, timeUnixMs });
  for (const { sampleId, patientId: whose, sequences } of samples) {
    await withdrawals.addSample(sampleId, { reason, timeUnixMs, patientId: whose, sequences });
    await tellTrainers(bus, sampleId, timeUnixMs);
  }
  for (const sample of samples) await deleteSample(bus, archive, sample, signal);
  const whose = { samples: new Set(samples.map(({ sampleId }) => sampleId)), patientId };
  const refused = await deleteRefused(bus, whose, dataDir, signal);

  const registry = new Registry(bus);
  const places = new Set(samples.flatMap(({ sequences }) => sequences));
  const versions = versionsThatSaw(await readLineage(bus, signal), await registry.list(), places);
  for (const { version, samples: count } of versions)
    await registry.mark(version, { reason, timeUnixMs, samples: count });
  const ids = samples.map(({ sampleId }) => sampleId);
  for (let start = 0; start === 0 || start < ids.length; start += SAMPLES_PER_ENTRY)
    await recordDecision(
      bus,
      {
        kind: 'KIND_WITHDRAWN',
        reason,
        timeUnixMs,
        samples: ids.slice(start, start + SAMPLES_PER_ENTRY),
        patient: patientId ?? '',
        versions: versions.map(({ version }) => version),
      },
      { scope: patientId ?? 'samples', key: `${timeUnixMs}-${start}` },
    );
  return { versions, refused };
}

/** By the stream that labels come on: they take it in at its place among these, whatever is killed. */
async function tellTrainers(bus: Bus, sampleId: string, labelledUnixMs: number): Promise<void> {
  const site = 'core';
  await bus.publish(
    subjects.label(site),
    codecs.LabelEvent,
    { sampleId, target: 'sampleId', label: '', labelSource: 'withdrawal', site, labelledUnixMs, withdrawn: true },
    { messageId: `withdrawn:${sampleId}:${labelledUnixMs}` },
  );
}

async function deleteSample(
  bus: Bus,
  archive: SampleArchive | undefined,
  { sampleId, studyId }: SampleToWithdraw,
  signal: AbortSignal,
): Promise<void> {
  const index = new ArchiveIndex(bus);
  if (!archive && (await index.get(sampleId)))
    throw new SulcusError('INVALID_CONFIG', `${sampleId} is archived, and the archive was not found: name --archive`);
  // Of two sites there are two scans of one image.
  for (;;) {
    const stored = await bus.getLast(Streams.SCANS, subjects.scanOf(sampleId), codecs.Scan);
    if (!stored) break;
    await bus.deleteMessage(Streams.SCANS, stored.sequence, { erase: true });
  }
  await bus.deleteBlob(sampleId);
  await bus.deleteBlob(sampleId, { stream: 'PREDICTION_INPUTS' });
  await archive?.delete(sampleId, signal);
  await index.remove(sampleId, studyId);
}
