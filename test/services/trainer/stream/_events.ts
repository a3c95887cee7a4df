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

  next(): StreamEvent | undefined {
    return this.#events.shift();
  }
}
