import { BoundedMap } from './bounded-map.js';
import { strongerLabel, type GivenLabel } from './stream-sample.js';
import type { LabelStored, ScanStored } from './stream-event.js';

/** Labels of samples and studies that are kept for scans still to come: the newest ones. */
const CAPACITY = 20_000;

export interface KnownLabelsRecord {
  samples: [string, GivenLabel][];
  studies: [string, GivenLabel][];
}

/** Labels that may be given before their scan comes: of a sample, or of a study whose slices still arrive. */
export class KnownLabels {
  readonly #samples: BoundedMap<GivenLabel>;
  readonly #studies: BoundedMap<GivenLabel>;

  constructor(record: KnownLabelsRecord = { samples: [], studies: [] }) {
    this.#samples = new BoundedMap(CAPACITY, record.samples);
    this.#studies = new BoundedMap(CAPACITY, record.studies);
  }

  /** Takes a label; the result is what counts among those given to the same sample or study. */
  add({ sampleId, studyId, label, labelledUnixMs }: LabelStored): GivenLabel {
    const [labels, key] = sampleId === '' ? [this.#studies, studyId] : [this.#samples, sampleId];
    const given = { name: label, origin: sampleId === '' ? 'study' : 'sample', unixMs: labelledUnixMs } as const;
    const counts = strongerLabel(labels.get(key), given);
    labels.set(key, counts);
    return counts;
  }

  /** The label of a scan that has just come; undefined when there is none yet. */
  of({ sampleId, studyId, label }: ScanStored): GivenLabel | undefined {
    const ingested: GivenLabel | undefined = label === '' ? undefined : { name: label, origin: 'ingest', unixMs: 0 };
    const candidates = [ingested, studyId === '' ? undefined : this.#studies.get(studyId), this.#samples.get(sampleId)];
    return candidates.reduce((known, given) => (given ? strongerLabel(known, given) : known), undefined);
  }

  toRecord(): KnownLabelsRecord {
    return { samples: this.#samples.toRecord(), studies: this.#studies.toRecord() };
  }
}
