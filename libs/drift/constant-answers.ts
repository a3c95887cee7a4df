/** Answers in a row that raise the alarm. */
const RUN_LENGTH = 200;

/** Notices when a model gives one answer to everything: what a broken one does, and one whose images are all alike. */
export class ConstantAnswers {
  #answer = '';
  #length = 0;

  /** @returns the answer that was given {@link RUN_LENGTH} times in a row, once for each such row */
  add(answer: string): { answer: string; count: number } | undefined {
    this.#length = answer === this.#answer ? this.#length + 1 : 1;
    this.#answer = answer;
    return this.#length === RUN_LENGTH ? { answer, count: RUN_LENGTH } : undefined;
  }

  /** Another model answers from now on. */
  restart(): void {
    this.#answer = '';
    this.#length = 0;
  }
}
