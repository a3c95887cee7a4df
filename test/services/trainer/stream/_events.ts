import type { LabelStored, ScanStored, StreamEvent } from '../../../../services/trainer/stream/stream-event.js';

let timeUnixMs = 0;

/** A scan of the stream; by default a labelled training sample of site a. */
export const scanStored = (sequence: number, overrides: Partial<ScanStored> = {}): ScanStored => ({
  kind: 'scan',
  sequence,
  timeUnixMs: ++timeUnixMs,
  sampleId: `sample-${sequence}`,
  studyId: '',
  site: 'a',
  split: 'SPLIT_TRAIN',
  label: sequence % 2 === 0 ? 'left' : 'right',
  ...overrides,
});

export const labelStored = (sequence: number, overrides: Partial<LabelStored>): LabelStored => ({
  kind: 'label',
  sequence,
  timeUnixMs: ++timeUnixMs,
  sampleId: '',
  studyId: '',
  label: 'left',
  labelledUnixMs: sequence,
  ...overrides,
});

/** In the place of the streams: hands out events that are there. */
export class ReadyEvents {
  readonly #events: StreamEvent[];
  idleMs = 0;

  constructor(events: readonly StreamEvent[]) {
    this.#events = [...events];
  }

  /** What comes later. */
  add(event: StreamEvent): void {
    this.#events.push(event);
  }

  next(): StreamEvent | undefined {
    return this.#events.shift();
  }
}

/** Hands out so many events at a time: behind them nothing has come yet, until it is asked for more. */
export class EventsInPieces extends ReadyEvents {
  readonly #pieceSize: number;
  readonly #all: number;
  #left: number;
  #given = 0;

  constructor(events: readonly StreamEvent[], pieceSize: number) {
    super(events);
    this.#pieceSize = this.#left = pieceSize;
    this.#all = events.length;
  }

  override next(): StreamEvent | undefined {
    if (this.#left === 0) return undefined;
    this.#left--;
    this.#given++;
    return super.next();
  }

  /** The next piece comes; false when all have come. */
  hasMore(): boolean {
    this.#left = this.#pieceSize;
    return this.#given < this.#all;
  }
}
