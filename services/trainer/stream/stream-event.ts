import { followScans, Streams, type Bus } from '#libs/bus';
import { codecs, type Split } from '#libs/contracts';

/** A scan that was stored. */
export interface ScanStored {
  readonly kind: 'scan';
  readonly sequence: number;
  readonly timeUnixMs: number;
  readonly sampleId: string;
  readonly studyId: string;
  readonly site: string;
  readonly split: Split;
  /** Class name it came with, or empty. */
  readonly label: string;
  /** True when it left for the archive without a label and comes back with one. */
  readonly lateLabel?: boolean;
}

/** A label that was given to a sample or to a study. */
export interface LabelStored {
  readonly kind: 'label';
  readonly sequence: number;
  readonly timeUnixMs: number;
  /** One of the two is empty. */
  readonly sampleId: string;
  readonly studyId: string;
  readonly label: string;
  /** When it was given, which may be long before it was stored, and is never after. */
  readonly labelledUnixMs: number;
  /** True when the sample was withdrawn. */
  readonly withdrawn?: boolean;
}

/** What happens on the two streams that a trainer learns from. */
export type StreamEvent = ScanStored | LabelStored;

/** How far both streams were taken in: their newest sequences, 0 before the first. */
export interface StreamCursor {
  readonly scan: number;
  readonly label: number;
}

/** An event that was received, and whether its stream had more to come at that moment. */
export interface Received<E extends StreamEvent> {
  readonly event: E;
  readonly pending: number;
}

/**
 * The scans behind a place in their stream, from their headers alone; without end.
 *
 * @param onUnreadable told when the rest of what is stored cannot be read
 */
export async function* scansFrom(
  bus: Bus,
  sequence: number,
  signal: AbortSignal,
  onUnreadable?: () => void,
): AsyncGenerator<Received<ScanStored>> {
  const options = { signal, startSequence: sequence + 1, onUnreadable };
  for await (const { pending, ...scan } of followScans(bus, options))
    yield { event: { kind: 'scan', ...scan }, pending };
}

/** The labels behind a place in their stream; without end. Messages that are no labels are passed over. */
export async function* labelsFrom(
  bus: Bus,
  after: number,
  signal: AbortSignal,
  onUnreadable?: () => void,
): AsyncGenerator<Received<LabelStored>> {
  const followed = bus.follow({
    stream: Streams.LABELS,
    codec: codecs.LabelEvent,
    startSequence: after + 1,
    signal,
    onUnreadable,
  });
  for await (const { message, sequence, timeUnixMs, pending } of followed) {
    const { sampleId = '', studyId = '', label = '', labelledUnixMs = 0, withdrawn = false } = message ?? {};
    yield {
      event: {
        kind: 'label',
        sequence,
        timeUnixMs,
        sampleId,
        studyId,
        label,
        // A site whose clock is ahead would give labels that no later one could correct.
        labelledUnixMs: Math.min(labelledUnixMs, timeUnixMs),
        ...(withdrawn && { withdrawn }),
      },
      pending,
    };
  }
}
