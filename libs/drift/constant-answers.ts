/** Different images in a row with one answer that raise the alarm. */
const RUN_LENGTH = 200;

/** Notices when a model gives one answer to everything: what a broken one does, and one whose images are all alike. */
export class ConstantAnswers {
  #answer = '';
  readonly #images = new Set<string>();
  #isTold = false;

  /**
   * Takes an answer. The same image asked about again says nothing new.
   *
   * @returns the answer that {@link RUN_LENGTH} different images in a row got, once for each such row
   */
  add(answer: string, image: string): { answer: string; count: number } | undefined {
    if (answer !== this.#answer) this.restart();
    this.#answer = answer;
    if (this.#isTold) return undefined;
    this.#images.add(image);
    if (this.#images.size < RUN_LENGTH) return undefined;
    this.#images.clear();
    this.#isTold = true;
    return { answer, count: RUN_LENGTH };
  }

  /** Another model answers from now on. */
  restart(): void {
    this.#answer = '';
    this.#images.clear();
    this.#isTold = false;
  }
}
