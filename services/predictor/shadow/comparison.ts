import type { ShadowProgressInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';

/** What a version answered to an image. */
export interface Answer {
  /** In the order of `probabilities`. */
  classes: readonly string[];
  probabilities: Float32Array;
  /** Time of the run of the network that answered. */
  inferenceMs: number;
}

/** How the answers of two versions to the same images differ, counted without keeping any of them. */
export class ShadowComparison {
  #compared = 0;
  #agreed = 0;
  #differenceSum = 0;
  #liveMs = 0;
  #shadowMs = 0;
  /** By live class, then by shadow class. */
  readonly #confusion = new Map<string, Map<string, number>>();
  /** Images not compared because the shadow was busy. */
  dropped = 0;
  /** Images the shadow had no answer to. */
  failed = 0;

  constructor(
    readonly liveVersion: string,
    readonly shadowVersion: string,
  ) {}

  /** @throws MODEL_INVALID when the versions tell different classes apart: such answers cannot be compared */
  add(live: Answer, shadow: Answer): void {
    const positions = live.classes.map((name) => shadow.classes.indexOf(name));
    if (positions.includes(-1) || shadow.classes.length !== live.classes.length) {
      throw new SulcusError(
        'MODEL_INVALID',
        `${this.shadowVersion} knows ${shadow.classes.join(', ')}, ${this.liveVersion} ${live.classes.join(', ')}: ` +
          'their answers cannot be compared',
      );
    }
    const aligned = Float32Array.from(positions, (position) => shadow.probabilities[position]!);
    const [liveClass, shadowClass] = [likeliest(live.classes, live.probabilities), likeliest(live.classes, aligned)];
    this.#compared++;
    if (liveClass === shadowClass) this.#agreed++;
    this.#differenceSum +=
      aligned.reduce((sum, value, index) => sum + Math.abs(value - live.probabilities[index]!), 0) / aligned.length;
    this.#liveMs += live.inferenceMs;
    this.#shadowMs += shadow.inferenceMs;
    const row = this.#confusion.get(liveClass) ?? new Map<string, number>();
    this.#confusion.set(liveClass, row.set(shadowClass, (row.get(shadowClass) ?? 0) + 1));
  }

  /** The counts so far, as they are reported. */
  report(): ShadowProgressInput & { compared: number; agreed: number; dropped: number; failed: number } {
    const perImage = (total: number): number => (this.#compared === 0 ? 0 : total / this.#compared);
    return {
      liveVersion: this.liveVersion,
      shadowVersion: this.shadowVersion,
      compared: this.#compared,
      agreed: this.#agreed,
      meanAbsoluteDifference: perImage(this.#differenceSum),
      confusion: [...this.#confusion].flatMap(([liveClass, row]) =>
        [...row].map(([shadowClass, count]) => ({ liveClass, shadowClass, count })),
      ),
      liveInferenceMs: perImage(this.#liveMs),
      shadowInferenceMs: perImage(this.#shadowMs),
      dropped: this.dropped,
      failed: this.failed,
    };
  }
}

const likeliest = (classes: readonly string[], probabilities: Float32Array): string =>
  classes[probabilities.indexOf(Math.max(...probabilities))]!;
