import type { Ticket } from '#libs/async';
import { subjects, writeScanHeaders, type Bus, type RequestOptions } from '#libs/bus';
import { codecs, type ArchiveEntry, type Scan } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { IngestOutcome } from './outcome.js';
import type { KnownScans } from './known-scans.js';
import { whomOf } from './known-splits.js';
import type { PreparedScan } from './prepare-scan.js';
import type { AssignedSplit } from './splits.js';

/**
 * Stores a scan, once for all time: the same image again is a duplicate, which may bring the label that was missing.
 *
 * An image goes to the split that other images of its patient are in; without patient and study, to that of an image
 * that it looks like.
 *
 * @param options `ticket`: scans are sent in the order of their tickets; `archived`: what is known of the sample when
 * it has left SCANS for the archive
 * @returns what became of it; rejected for an image that was ingested under another label, or is to be in another split
 *   than its patient
 * @throws BACKPRESSURE, STORAGE_FULL, BUS_UNAVAILABLE when the broker does not take it within the retry timeout
 */
export async function storeScan(
  bus: Bus,
  scan: PreparedScan,
  {
    ticket,
    archived,
    known: { pictures, splits },
    ...waiting
  }: RequestOptions & { ticket?: Ticket; archived?: ArchiveEntry; known: KnownScans },
): Promise<IngestOutcome> {
  if (archived) return await duplicateOf(bus, scan, archived.scanSequence, archived, waiting);
  const { perceptualHash: hash, isSplitByIdentity, askedSplits: _, ...content } = scan;
  const { site, source = '', sampleId } = content;
  const subject = subjects.scan(site, sampleId);
  const image = await bus.toPayload(scan.image.inline, waiting);
  await ticket?.ready;
  // In the order in which they are stored: which of two is the first does not depend on which is decoded faster.
  const twin = pictures.find(hash);
  const isTwin = twin !== undefined && twin.sampleId !== sampleId;
  const decided = splits.splitOf(scan);
  if (typeof decided !== 'string') {
    // What is stored is a duplicate, whatever is asked for now.
    const stored = await bus.getLast('SCANS', subject, codecs.Scan, waiting);
    if (stored) return await duplicateOf(bus, scan, stored.sequence, stored.message, waiting);
    return { kind: 'rejected', source, sampleId, error: decided };
  }
  const split = isTwin && !isSplitByIdentity ? twin.split : decided;
  const whom = whomOf(scan);
  if (isSplitByIdentity && whom !== undefined) splits.add(whom, split);
  pictures.add({ sampleId, split, hash });
  const publishing = bus.publish(
    subject,
    codecs.Scan,
    { ...content, split, image },
    { firstOnSubject: true, headers: writeScanHeaders({ ...content, split, perceptualHash: hash }), ...waiting },
  );
  ticket?.release();
  const { sequence, duplicate } = await publishing;
  if (duplicate)
    return await duplicateOf(
      bus,
      scan,
      sequence,
      (await bus.getLast('SCANS', subject, codecs.Scan, waiting))?.message,
      waiting,
    );
  // The archiver deletes the image of a scan that is gone: it may just have done so for the one before this.
  if (image.blob) await bus.putBlob(scan.image.inline, waiting);
  const leak =
    isTwin && twin.split !== content.split ? { sampleId: twin.sampleId, isMoved: !isSplitByIdentity } : undefined;
  return { kind: 'ingested', source, sampleId, split, sequence, ...(leak && { sameAs: leak }) };
}

async function duplicateOf(
  bus: Bus,
  scan: PreparedScan,
  sequence: number,
  known: Pick<Scan, 'label' | 'source' | 'split'> | undefined,
  waiting: RequestOptions,
): Promise<IngestOutcome> {
  const { source = '', sampleId, label, split } = scan;
  const knownLabel = known?.label ?? label;
  if (label !== '' && knownLabel !== '' && label !== knownLabel) {
    const error = labelConflict(scan, knownLabel, known?.source ?? '');
    return { kind: 'rejected', source, sampleId, error };
  }
  if (label !== '' && knownLabel === '') await addLabel(bus, scan, waiting);
  return { kind: 'duplicate', source, sampleId, split: (known?.split as AssignedSplit) ?? split, sequence };
}

function labelConflict({ sampleId, label }: PreparedScan, knownLabel: string, knownSource: string): SulcusError {
  return new SulcusError(
    'LABEL_CONFLICT',
    `The same image was ingested before as "${knownLabel}" (from ${knownSource}) and now comes as "${label}": ` +
      'to correct a label, annotate the sample',
    { details: { sampleId, label, knownLabel } },
  );
}

/** The image came without a label first and brings one now. */
async function addLabel(bus: Bus, { site, sampleId, label }: PreparedScan, waiting: RequestOptions): Promise<void> {
  const event = {
    sampleId,
    target: 'sampleId' as const,
    label,
    labelSource: 'ingest',
    site,
    labelledUnixMs: Date.now(),
  };
  const messageId = `ingest:${site}:${sampleId}:${encodeURIComponent(label)}`;
  await bus.publish(subjects.label(site), codecs.LabelEvent, event, { messageId, ...waiting });
}
