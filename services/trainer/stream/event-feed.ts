import { Notifier } from '#libs/async';
import { Streams, type Bus } from '#libs/bus';
import { labelsFrom, scansFrom, type Received, type StreamCursor, type StreamEvent } from './stream-event.js';

/** Events of a stream that wait to be taken, at most: what comes then stays with the broker. */
const MAX_WAITING = 2048;

/**
 * Time that an event waits for earlier ones of the other stream, from when it was received: far more than two
 * deliveries of one broker differ by.
 */
const REORDER_MS = 100;

/** A stream that holds more and yet sends nothing for this long no longer holds up the other. */
const SILENCE_MS = 60_000;

interface Lane {
  readonly waiting: { readonly event: StreamEvent; readonly receivedAtMs: number }[];
  /** True while the broker holds more than was received. */
  behind: boolean;
  /** When it was last heard of. */
  heardAtMs: number;
}

const newLane = (): Lane => ({ waiting: [], behind: true, heardAtMs: performance.now() });

/**
 * Scans and labels as one sequence, by the time at which the broker stored them: a trainer that was killed takes them
 * in the same order when it comes back.
 */
export class EventFeed {
  readonly #lanes: Readonly<Record<'scan' | 'label', Lane>> = { scan: newLane(), label: newLane() };
  readonly #received = new Notifier();
  readonly #taken = new Notifier();
  #changedAtMs = performance.now();

  /** Milliseconds since something was received last; 0 while there is more to take, or the broker holds more. */
  get idleMs(): number {
    const nowMs = performance.now();
    const isBusy = Object.values(this.#lanes).some((lane) => lane.waiting.length > 0 || isBehind(lane, nowMs));
    return isBusy ? 0 : nowMs - this.#changedAtMs;
  }

  /** Follows both streams behind the cursor until the signal aborts. */
  async follow(bus: Bus, cursor: StreamCursor, signal: AbortSignal): Promise<void> {
    const [scans, labels] = await Promise.all([bus.statsOf(Streams.SCANS), bus.statsOf(Streams.LABELS)]);
    this.#lanes.scan.behind = scans.lastSequence > cursor.scan && scans.messages > 0;
    this.#lanes.label.behind = labels.lastSequence > cursor.label && labels.messages > 0;
    this.#received.notify();
    // What nobody can read holds nothing up.
    const reached = (lane: Lane) => () => {
      lane.behind = false;
      this.#received.notify();
    };
    const { scan, label } = this.#lanes;
    await Promise.all([
      this.#fill(scan, scansFrom(bus, cursor.scan, signal, reached(scan)), signal),
      this.#fill(label, labelsFrom(bus, cursor.label, signal, reached(label)), signal),
    ]);
  }

  /** The next event, if it is known to be the next. */
  next(): StreamEvent | undefined {
    const { scan, label } = this.#lanes;
    const [first, other] = isEarlier(label.waiting[0]?.event, scan.waiting[0]?.event) ? [label, scan] : [scan, label];
    const head = first.waiting[0];
    if (!head) return undefined;
    if (other.waiting.length === 0 && mayHoldEarlier(other, head.receivedAtMs)) return undefined;
    first.waiting.shift();
    this.#taken.notify();
    return head.event;
  }

  /** Resolves when something was received, after `timeoutMs` or when the signal aborts. */
  async changed(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const waits = Object.values(this.#lanes).some(({ waiting }) => waiting.length > 0);
    await this.#received.wait(signal, waits ? Math.min(timeoutMs, REORDER_MS) : timeoutMs);
  }

  async #fill(lane: Lane, events: AsyncGenerator<Received<StreamEvent>>, signal: AbortSignal): Promise<void> {
    for await (const { event, pending } of events) {
      lane.waiting.push({ event, receivedAtMs: performance.now() });
      lane.behind = pending > 0;
      this.#changedAtMs = lane.heardAtMs = performance.now();
      this.#received.notify();
      while (lane.waiting.length >= MAX_WAITING && !signal.aborted) await this.#taken.wait(signal);
    }
  }
}

function mayHoldEarlier(lane: Lane, receivedAtMs: number): boolean {
  const nowMs = performance.now();
  return isBehind(lane, nowMs) || nowMs - receivedAtMs < REORDER_MS;
}

const isBehind = (lane: Lane, nowMs: number): boolean => lane.behind && nowMs - lane.heardAtMs < SILENCE_MS;

/** Whether a label was stored before a scan; of the same millisecond the label is first. */
const isEarlier = (label: StreamEvent | undefined, scan: StreamEvent | undefined): boolean =>
  label !== undefined && (scan === undefined || label.timeUnixMs <= scan.timeUnixMs);
