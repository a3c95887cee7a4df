/** What a detector must remember to go on as if it had never stopped. */
export interface CusumRecord {
  /** Answers seen. */
  count: number;
  /** Its smoothed share of wrong answers, 0 to 1. */
  errorRate: number;
  /** Evidence for a higher error rate, in nats; an alarm at the threshold. */
  evidence: number;
  /** Answers since the evidence was last 0. */
  since: number;
  /** Whether an alarm was given: what comes after it is the new normal, whatever is usual elsewhere. */
  isTold?: boolean;
}

export interface CusumOptions {
  /** Evidence at which an alarm is given, nats. */
  threshold: number;
  /** Answers from which the error rate is first learned; no alarm before. */
  warmUp: number;
  /** Answers over which the error rate is smoothed. */
  window: number;
}

export const DEFAULT_CUSUM: CusumOptions = { threshold: 8, warmUp: 300, window: 1000 };

/** What an alarm says. */
export interface CusumAlarm {
  /** Share of wrong answers before, 0 to 1. */
  errorRateBefore: number;
  /** About how many answers ago the change came. */
  answersSinceChange: number;
  /** Whether `errorRateBefore` is what is usual elsewhere, for there is no own rate yet. */
  isElsewhere: boolean;
}

/** Rates outside cannot be told from certainty in so few answers. */
const LOWEST_RATE = 0.01;
const HIGHEST_ALTERNATIVE = 0.95;

/**
 * Bernoulli CUSUM on the errors of a classifier: adds up the log-likelihood ratio of a clearly higher error rate q
 * against its own rate p, never below 0, and alarms at a threshold. q is twice p, at least 5 points more.
 *
 * Page 1954, "Continuous inspection schemes", Biometrika 41; for Bernoulli observations Reynolds & Stoumbos 1999, "A
 * CUSUM chart for monitoring a proportion when inspecting continuously", Journal of Quality Technology 31.
 *
 * The rate is the mean of what was seen, later exponentially smoothed, and learned only while there is no evidence of
 * a change: a drift must not become what is usual before it is noticed.
 */
export class BernoulliCusum {
  readonly #options: CusumOptions;
  #count: number;
  #errorRate: number;
  #evidence: number;
  #since: number;
  #isTold: boolean;

  constructor(
    options: CusumOptions = DEFAULT_CUSUM,
    record: CusumRecord = { count: 0, errorRate: 0, evidence: 0, since: 0 },
  ) {
    this.#options = options;
    this.#count = record.count;
    this.#errorRate = record.errorRate;
    this.#evidence = record.evidence;
    this.#since = record.since;
    this.#isTold = record.isTold ?? false;
  }

  /** The error rate, once it is learned. */
  get learnedRate(): number | undefined {
    return this.#count >= this.#options.warmUp ? this.#errorRate : undefined;
  }

  /** Smoothed share of wrong answers before the present evidence began, 0 to 1. */
  get errorRate(): number {
    return this.#errorRate;
  }

  /**
   * Takes one answer.
   *
   * @param elsewhere error rate that the answers are held against until an own one is learned: what comes from a place
   *   that was never any good has no better past; absent: nothing is said until then
   * @returns the alarm that this answer raises, if any; the detector then starts anew with what comes
   */
  add(wrong: boolean, elsewhere?: number): CusumAlarm | undefined {
    const { threshold, warmUp, window } = this.#options;
    const isElsewhere = this.#count < warmUp;
    if (isElsewhere && (elsewhere === undefined || this.#isTold)) {
      this.#learn(wrong, window);
      return undefined;
    }
    const before = isElsewhere ? elsewhere! : this.#errorRate;
    this.#weigh(wrong, before);
    if (isElsewhere || this.#evidence < threshold / 2) this.#learn(wrong, window);
    else this.#count++;
    // What it was held against changes: so does what speaks against it.
    if (isElsewhere && this.#count === warmUp) this.handOver();
    if (this.#evidence < threshold) return undefined;
    const alarm = { errorRateBefore: before, answersSinceChange: this.#since, isElsewhere };
    this.restart();
    this.#isTold = true;
    return alarm;
  }

  #weigh(wrong: boolean, rate: number): void {
    const usual = Math.max(LOWEST_RATE, rate);
    const raised = Math.min(HIGHEST_ALTERNATIVE, Math.max(2 * usual, usual + 0.05));
    if (raised <= usual) return;
    const ratio = wrong ? Math.log(raised / usual) : Math.log((1 - raised) / (1 - usual));
    this.#evidence = Math.max(0, this.#evidence + ratio);
    this.#since = this.#evidence === 0 ? 0 : this.#since + 1;
  }

  /** Forgets the rate: what comes next is the new normal. To be called too when another model answers. */
  restart(): void {
    this.#count = 0;
    this.#errorRate = 0;
    this.#evidence = 0;
    this.#since = 0;
    this.#isTold = false;
  }

  /** A model that is no worse answers from now on: what it does is held against the rate that was usual before. */
  handOver(): void {
    this.#evidence = 0;
    this.#since = 0;
  }

  toRecord(): CusumRecord {
    const told = this.#isTold ? { isTold: true } : {};
    return { count: this.#count, errorRate: this.#errorRate, evidence: this.#evidence, since: this.#since, ...told };
  }

  #learn(wrong: boolean, window: number): void {
    this.#count++;
    this.#errorRate += ((wrong ? 1 : 0) - this.#errorRate) / Math.min(this.#count, window);
  }
}
