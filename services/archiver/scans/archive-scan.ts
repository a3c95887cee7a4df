import type { ArchiveIndex, SampleArchive, SampleToArchive } from '#libs/archive';
import { HeaderName, Streams, subjects, type Bus, type Received, type ScanEntry } from '#libs/bus';
import { codecs, type Scan } from '#libs/contracts';
import { isDamage, SulcusError } from '#libs/errors';
import type { LabelBook } from '#libs/labels';
import { attr, withSpan } from '#libs/telemetry';
import { Withdrawals } from '#libs/withdrawals';

export interface ArchivingContext {
  readonly bus: Bus;
  readonly archive: SampleArchive;
  readonly index: ArchiveIndex;
  readonly labels: LabelBook;
}

/**
 * Moves one scan to the archive. In this order, so that whoever is killed in between loses nothing and the next one
 * does again what was done: the object is durable and read back, the broker knows that it is archived, the message
 * goes, its blob goes.
 *
 * @returns bytes of the image; undefined when the scan was gone already
 * @throws MESSAGE_INVALID, HASH_MISMATCH, NOT_FOUND for a scan that cannot be archived; what the archive and the broker
 *   throw when they are away or full
 */
export async function archiveScan(context: ArchivingContext, entry: ScanEntry): Promise<number | undefined> {
  const { bus, index } = context;
  const received = await bus.get(Streams.SCANS, entry.sequence, codecs.Scan);
  if (!received) return undefined;
  const links = received.traceparent === undefined ? [] : [{ traceparent: received.traceparent }];
  const attributes = { [attr.sampleId]: entry.sampleId, [attr.natsStreamSequence]: entry.sequence };
  return await withSpan('archive scan', { root: true, links, attributes }, async () => {
    const scan = received.message;
    if (!scan.image) throw new SulcusError('MESSAGE_INVALID', 'The scan holds no image');
    const bytes = await bus.fromPayload(scan.image);
    const { label: archivedLabel } = await storeSample(context, received, bytes);
    const { site, studyId, patientId, split, label, source } = scan;
    const { sequence: scanSequence, earlierSequences = [] } = entry;
    const about = { site, studyId, patientId, split, label, source };
    await index.add(scan.sampleId, {
      ...about,
      scanSequence,
      earlierSequences: [...earlierSequences],
      archivedLabel,
    });
    // What withdraws may have looked at the archive before it held the sample.
    if (await new Withdrawals(bus).isWithdrawn({ sampleId: scan.sampleId, patientId })) {
      await context.archive.delete(scan.sampleId);
      await index.remove(scan.sampleId, studyId);
    }
    await bus.deleteMessage(Streams.SCANS, entry.sequence);
    if (scan.image.blob) await releaseBlob(bus, scan.sampleId, scan.image.blob.sha256, bytes);
    return bytes.length;
  });
}

/** Resolves with what the archive holds: the sample, under its newest label, when it has given it back whole. */
async function storeSample(
  { archive, labels }: ArchivingContext,
  { message: scan, sequence: scanSequence, headers }: Received<Scan>,
  bytes: Buffer,
): Promise<SampleToArchive> {
  const { name: label, givenUnixMs: labelledUnixMs, own: ownLabel } = labels.newest(scan);
  const sample = {
    scan: { ...scan, image: { content: 'inline' as const, inline: bytes } },
    label,
    labelledUnixMs,
    ownLabel,
    scanSequence,
    archivedUnixMs: Date.now(),
    perceptualHash: Buffer.from(headers.get(HeaderName.PERCEPTUAL_HASH) ?? '', 'base64'),
  };
  const known = await loadIntact(archive, scan.sampleId);
  const wanted = known === undefined ? sample : withNewerLabel(known, sample);
  if (wanted === known) return known;
  await archive.store(wanted);
  const stored = await loadIntact(archive, scan.sampleId);
  if (stored === undefined || stored.label !== wanted.label)
    throw new SulcusError(
      'SERVICE_UNAVAILABLE',
      `The archive (${archive.description}) does not give back what was stored in it: look at its disk`,
    );
  return wanted;
}

/** A sample that is archived already, as when it came back for a while, keeps all but its label. */
function withNewerLabel(known: SampleToArchive, { label, labelledUnixMs, ownLabel }: SampleToArchive): SampleToArchive {
  const newer = isStronger({ labelledUnixMs, ownLabel }, known) || (known.label === '' && label !== '');
  return newer && label !== known.label ? { ...known, label, labelledUnixMs, ownLabel } : known;
}

type GivenLabel = Pick<SampleToArchive, 'labelledUnixMs' | 'ownLabel'>;

/** Whether a label counts before another: one that the sample was given itself does, of two alike the later one. */
export const isStronger = (label: GivenLabel, other: GivenLabel): boolean =>
  (label.ownLabel ?? false) === (other.ownLabel ?? false)
    ? label.labelledUnixMs > other.labelledUnixMs
    : label.ownLabel === true;

/** A damaged object is as good as none while the broker still has the scan. */
async function loadIntact(archive: SampleArchive, sampleId: string): Promise<SampleToArchive | undefined> {
  try {
    return await archive.load(sampleId);
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/**
 * Deletes an image that lay beside its scan, unless another scan is of the same image. Ingest stores image, scan, and
 * looks for the image once more: whichever of the two comes last, an image that a scan names is there.
 */
async function releaseBlob(bus: Bus, sampleId: string, sha256: string, bytes: Buffer): Promise<void> {
  const named = async (): Promise<boolean> =>
    (await bus.getLast(Streams.SCANS, subjects.scanOf(sampleId), codecs.Scan)) !== undefined;
  if (await named()) return;
  await bus.deleteBlob(sha256);
  if (await named()) await bus.putBlob(bytes);
}
