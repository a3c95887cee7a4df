import { retryWithBackoff } from '#libs/async';
import { bringBack, type ArchiveIndex, type SampleArchive, type SampleToArchive } from '#libs/archive';
import { Streams, type Bus } from '#libs/bus';
import { codecs, type ArchiveEntry, type LabelEvent } from '#libs/contracts';
import { isDamage, SulcusError } from '#libs/errors';
import type { LabelBook } from '#libs/labels';
import { attr, withSpan } from '#libs/telemetry';
import type { ArchiverEvents } from '../events.js';
import { isStronger } from '../scans/archive-scan.js';
import type { UnderWay } from '../scans/under-way.js';

export interface CarryingContext {
  readonly bus: Bus;
  readonly archive: SampleArchive;
  readonly index: ArchiveIndex;
  readonly labels: LabelBook;
  readonly underWay: UnderWay;
  readonly events: ArchiverEvents;
}

/** Labels between two notes of how far they have been carried; a killed archiver carries so many once more. */
const NOTED_EVERY = 256;

/** Pauses while the archive or the broker is away. */
const BACKOFF = { firstDelayMs: 1000, maxDelayMs: 60_000 } as const;

/**
 * Follows LABELS into the book, and carries each label that is new to the archived samples it is about: what the
 * archive holds gets the label, and the sample goes to SCANS again, so that it is learned. Ends when the signal aborts.
 *
 * @param onCaughtUp called once, when the book holds every label that was carried before this start
 */
export async function carryLabels(
  context: CarryingContext,
  onCaughtUp: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { bus, index, labels } = context;
  const carriedBefore = await index.labelsThrough();
  let noted = carriedBefore;
  const { messages, lastSequence } = await bus.statsOf(Streams.LABELS);
  // A stream that was made anew counts from 1 again.
  const known = messages === 0 ? 0 : Math.min(carriedBefore, lastSequence);
  if (known === 0) onCaughtUp();
  let carried = known;
  try {
    for await (const followed of bus.follow({ stream: Streams.LABELS, codec: codecs.LabelEvent, signal })) {
      const { message, sequence, timeUnixMs, pending } = followed;
      if (message) labels.add(message, { sequence, storedUnixMs: timeUnixMs });
      if (sequence >= known) onCaughtUp();
      if (sequence <= known) continue;
      if (message && !message.withdrawn) await carry(context, message, signal);
      carried = sequence;
      if (carried - noted >= NOTED_EVERY || pending === 0) await index.saveLabelsThrough((noted = carried));
    }
  } finally {
    if (carried !== noted) await index.saveLabelsThrough(carried).catch(() => undefined);
  }
}

async function carry(context: CarryingContext, event: LabelEvent, signal: AbortSignal): Promise<void> {
  const { index, underWay, events } = context;
  const { sampleId = '', studyId = '' } = event;
  await underWay.settled({ sampleId, studyId });
  const waiting = {
    ...BACKOFF,
    signal,
    shouldRetry: () => true,
    onRetry: (failure: SulcusError) => events.labelWaits(failure),
  };
  const samples = sampleId ? [sampleId] : await retryWithBackoff(() => index.samplesOfStudy(studyId), waiting);
  for (const each of samples) await retryWithBackoff(() => carryTo(context, each, signal), waiting);
  events.labelCarried();
}

/**
 * The scan goes out first, then the archive gets the label, then the broker forgets that the sample is archived: who is
 * killed in between finds the label still different, or nothing left to do.
 */
async function carryTo(context: CarryingContext, sampleId: string, signal: AbortSignal): Promise<void> {
  const { bus, archive, index, labels, events } = context;
  const entry = await index.get(sampleId, { signal });
  if (!entry) return;
  const sample = await loadOrLose(context, sampleId, entry);
  if (!sample) return;
  const { name: label, givenUnixMs: labelledUnixMs, own: ownLabel } = labels.newest(sample.scan);
  if (label === sample.label || isStronger(sample, { labelledUnixMs, ownLabel })) return;
  await withSpan('restore scan', { root: true, attributes: { [attr.sampleId]: sampleId } }, async () => {
    const relabelled = { ...sample, label, labelledUnixMs, ownLabel };
    await bringBack(bus, index, relabelled, {
      signal,
      lateLabel: sample.label === '',
      // Room is being made meanwhile.
      whileFull: true,
      beforeForgetting: () => archive.store(relabelled, signal),
    });
  });
  events.restored(sampleId, label);
}

/** An object that is lost or damaged is said and kept in mind as a dead letter; the image may be sent again. */
async function loadOrLose(
  { bus, archive, index, events }: CarryingContext,
  sampleId: string,
  { site, studyId, source }: ArchiveEntry,
): Promise<SampleToArchive | undefined> {
  let error = new SulcusError('NOT_FOUND', `The archive (${archive.description}) has lost the sample ${sampleId}`);
  try {
    const sample = await archive.load(sampleId);
    if (sample) return sample;
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    error = SulcusError.from(thrown);
  }
  await bus.deadLetter({ service: 'archiver', code: error.code, cause: error.rawMessage, source, site, deliveries: 1 });
  await index.remove(sampleId, studyId);
  events.lost(sampleId, error);
  return undefined;
}
