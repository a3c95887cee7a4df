/** What a watch must remember to go on as if it had never stopped. */
export interface CalibrationRecord {
  /** The last answers, oldest first: probability of the class that was answered, and whether it was right. */
  answers: [probability: number, right: 0 | 1][];
  isAlarmed: boolean;
}

/** Answers that no longer deserve the probability they are given with. */
export interface CalibrationAlarm {
  /** Mean probability of the classes answered, 0 to 1. */
  meanProbability: number;
  /** Share of right answers, 0 to 1. */
  accuracy: number;
  count: number;
}

/** Answers looked at. */
const WINDOW = 500;
/** A difference that matters to whoever reads a probability. */
const GAP = 0.1;
/** Standard errors of the accuracy that the difference must be more than: chance does not raise an alarm. */
const STANDARD_ERRORS = 4;

/**
 * Compares how sure a model says to be with how often it is right, over the last answers whose truth became known:
 * calibration in the large. An alarm is given once, until the two are near each other again.
 */
export class CalibrationWatch {
  readonly #answers: [number, 0 | 1][];
  #isAlarmed: boolean;

  constructor(record: CalibrationRecord = { answers: [], isAlarmed: false }) {
    this.#answers = [...record.answers];
    this.#isAlarmed = record.isAlarmed;
  }

  /**
   * Takes one answer.
   *
   * @param probability of the class that was answered, 0 to 1
   */
  add(probability: number, right: boolean): CalibrationAlarm | undefined {
    this.#answers.push([Math.round(probability * 1e4) / 1e4, right ? 1 : 0]);
    if (this.#answers.length > WINDOW) this.#answers.shift();
    const count = this.#answers.length;
    if (count < WINDOW) return undefined;
    const meanProbability = this.#answers.reduce((sum, [value]) => sum + value, 0) / count;
    const accuracy = this.#answers.reduce((sum, [, value]) => sum + value, 0) / count;
    const gap = Math.abs(meanProbability - accuracy);
    const chance = STANDARD_ERRORS * Math.sqrt(Math.max(accuracy * (1 - accuracy), 0.01) / count);
    if (this.#isAlarmed && gap < GAP / 2) this.#isAlarmed = false;
    if (this.#isAlarmed || gap < GAP || gap < chance) return undefined;
    this.#isAlarmed = true;
    return { meanProbability, accuracy, count };
  }

  /** Another model answers from now on. */
  restart(): void {
    this.#answers.length = 0;
    this.#isAlarmed = false;
  }

  toRecord(): CalibrationRecord {
    return { answers: [...this.#answers], isAlarmed: this.#isAlarmed };
  }
}
