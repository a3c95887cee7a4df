import {
  BernoulliCusum,
  DEFAULT_CUSUM,
  type CusumAlarm,
  type CusumOptions,
  type CusumRecord,
} from './bernoulli-cusum.js';

/** What of the stream a detector watches. */
export type Stratum = 'all' | `site:${string}` | `class:${string}`;

/** One answer of the champion to a sample whose label became known. */
export interface PrequentialAnswer {
  site: string;
  /** Name of the true class. */
  label: string;
  wrong: boolean;
}

/** A change that was noticed. */
export interface DriftAlarm extends CusumAlarm {
  stratum: Stratum;
}

/** Sites and classes watched one by one, at most: what is beyond is watched in the whole alone. */
const MAX_STRATA = 256;

/**
 * Watches the errors of a model over the whole stream, for each site and for each class: a fall at one site of
 * several is too small in the whole to be seen there. A site that has just begun is held against the whole stream: one
 * that sends nothing of use would else pass for usual. A class is not, for a model knows nothing of it at first.
 *
 * Prequential evaluation with a change detector: Gama, Sebastião & Rodrigues 2013, "On evaluating stream learning
 * algorithms", Machine Learning 90.
 */
export class DriftMonitor {
  readonly #options: CusumOptions;
  readonly #detectors: Map<Stratum, BernoulliCusum>;

  /** @param records of {@link toRecord}, to go on as if it had never stopped */
  constructor(options: CusumOptions = DEFAULT_CUSUM, records: Partial<Record<Stratum, CusumRecord>> = {}) {
    this.#options = options;
    this.#detectors = new Map(
      Object.entries(records).map(([stratum, record]) => [stratum as Stratum, new BernoulliCusum(options, record)]),
    );
  }

  /** @returns the alarms that this answer raises, the narrowest first */
  add({ site, label, wrong }: PrequentialAnswer): DriftAlarm[] {
    const strata: Stratum[] = [`site:${site}`, `class:${label}`, 'all'];
    const overAll = this.#detectors.get('all')?.learnedRate;
    return strata.flatMap((stratum) => {
      const alarm = this.#detector(stratum)?.add(wrong, stratum.startsWith('site:') ? overAll : undefined);
      return alarm ? [{ stratum, ...alarm }] : [];
    });
  }

  /** Another model answers from now on: its own error rate is learned first. */
  restart(): void {
    this.#detectors.clear();
  }

  /**
   * A model that is known to be no worse answers from now on. The rates learned stay: to learn them anew after each of
   * many promotions would leave sites with few samples unwatched for good.
   */
  handOver(): void {
    for (const detector of this.#detectors.values()) detector.handOver();
  }

  toRecord(): Record<string, CusumRecord> {
    return Object.fromEntries([...this.#detectors].map(([stratum, detector]) => [stratum, detector.toRecord()]));
  }

  #detector(stratum: Stratum): BernoulliCusum | undefined {
    const known = this.#detectors.get(stratum);
    if (known || (this.#detectors.size >= MAX_STRATA && stratum !== 'all')) return known;
    const detector = new BernoulliCusum(this.#options);
    this.#detectors.set(stratum, detector);
    return detector;
  }
}
