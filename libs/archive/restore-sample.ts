import { subjects, writeScanHeaders, type Bus, type PublishResult, type RequestOptions } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { Withdrawals, withdrawnError } from '#libs/withdrawals';
import type { ArchiveIndex } from './archive-index.js';
import type { SampleToArchive } from './sample-archive.js';

/**
 * Sends an archived sample to SCANS again, under its newest label; one that is there already stays as it is
 * (`duplicate`). What the archive holds stays too.
 *
 * @throws BACKPRESSURE, STORAGE_FULL, BUS_UNAVAILABLE as {@link Bus.publish}
 */
async function restoreSample(
  bus: Bus,
  { scan, label, perceptualHash }: SampleToArchive,
  {
    lateLabel,
    earlierSequences,
    ...waiting
  }: RequestOptions & { lateLabel?: boolean; earlierSequences?: readonly number[] } = {},
): Promise<PublishResult> {
  const bytes = scan.image!.inline!;
  const image = await bus.toPayload(bytes, waiting);
  const restored = { ...scan, label, image };
  const result = await bus.publish(subjects.scan(scan.site, scan.sampleId), codecs.Scan, restored, {
    // No message id: the broker may still know the one that the scan came with first.
    firstOnSubject: true,
    headers: writeScanHeaders({
      ...restored,
      lateLabel,
      earlierSequences,
      perceptualHash: perceptualHash?.length ? perceptualHash : undefined,
    }),
    ...waiting,
  });
  // The archiver deletes the blob of a scan that is gone: it may just have done so for the scan before this one.
  if (image.blob) await bus.putBlob(bytes, waiting);
  return result;
}

/** How an archived sample comes back. */
export interface BringBackOptions extends RequestOptions {
  /** True when it left without a label and has one now (see `ScanHeaders`). */
  lateLabel?: boolean;
  /** True: a label that was given to the sample itself goes to LABELS again, which may no longer hold it. */
  labelToo?: boolean;
  /** Work between the moment that the scan is on SCANS and the one that it no longer counts as archived. */
  beforeForgetting?: () => Promise<void>;
}

/**
 * Sends an archived sample to SCANS again; from then on the broker no longer counts it among the archived ones.
 *
 * @throws WITHDRAWN; as {@link Bus.publish}
 */
export async function bringBack(
  bus: Bus,
  index: ArchiveIndex,
  sample: SampleToArchive,
  { beforeForgetting, labelToo = false, ...waiting }: BringBackOptions = {},
): Promise<PublishResult> {
  const withdrawals = new Withdrawals(bus);
  const { sampleId, patientId, studyId } = sample.scan;
  if (await withdrawals.isWithdrawn({ sampleId, patientId })) throw withdrawnError(sampleId);
  if (labelToo && sample.ownLabel) await publishLabel(bus, sample, waiting);
  const known = await index.get(sampleId, waiting);
  const earlierSequences = known ? [...known.earlierSequences, known.scanSequence] : [];
  const result = await restoreSample(bus, sample, { ...waiting, earlierSequences });
  await beforeForgetting?.();
  await index.remove(sampleId, studyId);
  if (!(await withdrawals.isWithdrawn({ sampleId, patientId }))) return result;
  await bus.deleteMessage('SCANS', result.sequence, { erase: true });
  throw withdrawnError(sampleId);
}

/** The label goes first, so that nobody meets the scan without it. */
async function publishLabel(
  bus: Bus,
  { scan: { site, sampleId }, label, labelledUnixMs }: SampleToArchive,
  waiting: RequestOptions,
): Promise<void> {
  const event = { target: 'sampleId' as const, sampleId, label, labelSource: 'archive', site, labelledUnixMs };
  const messageId = `archive:${sampleId}:${labelledUnixMs}:${encodeURIComponent(label)}`;
  await bus.publish(subjects.label(site), codecs.LabelEvent, event, { messageId, ...waiting });
}
