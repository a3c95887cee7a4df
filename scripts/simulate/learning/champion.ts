import { expectedCalibrationError, LabelledProbabilities, negativeLogLikelihood } from '#libs/calibration';
import type { Engine } from '#libs/engine';
import { judge, type GateAnswers, type GateVerdict } from '#libs/evaluation';
import { PHANTOM_CLASSES } from '#libs/imaging';
import type { NetworkState } from '#libs/nn';
import { Examinee, labelsOf, pixelsOf, type Row } from './learning.js';

/** The version that serves, and the gate that others must pass to take its place. */
export class Champion implements AsyncDisposable {
  readonly #serving: Examinee;
  readonly #candidate: Examinee;
  #weights: NetworkState | undefined;
  #promotions = 0;
  #looks = 0;

  constructor(engine: Engine) {
    this.#serving = new Examinee(engine);
    this.#candidate = new Examinee(engine);
  }

  get promotions(): number {
    return this.#promotions;
  }

  get weights(): NetworkState | undefined {
    return this.#weights;
  }

  answer(pixels: Uint8Array, count: number): Promise<Float32Array> {
    return this.#serving.answer(pixels, count);
  }

  /** Judges weights beside the champion's on labelled pictures, and promotes them where they are better. */
  async challenge(
    weights: NetworkState,
    gate: readonly Row[],
  ): Promise<{ promoted: boolean; outcomes: GateVerdict['outcomes'] }> {
    const labels = labelsOf(gate);
    await this.#candidate.take(weights);
    const candidate = await answersOf(this.#candidate, gate, 'the averaged weights');
    const champion = this.#weights && (await answersOf(this.#serving, gate, 'the champion'));
    const { promote, outcomes } = judge([...labels], candidate, champion, {
      classNames: PHANTOM_CLASSES,
      looks: this.#looks++,
    });
    if (promote) {
      this.#promotions++;
      this.#weights = weights;
      await this.#serving.take(weights);
    }
    return { promoted: promote, outcomes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#serving[Symbol.asyncDispose]();
    await this.#candidate[Symbol.asyncDispose]();
  }
}

async function answersOf(examinee: Examinee, gate: readonly Row[], version: string): Promise<GateAnswers> {
  const classes = PHANTOM_CLASSES.length;
  const labels = labelsOf(gate);
  const probabilities = await examinee.answer(pixelsOf(gate), gate.length);
  const answers = new LabelledProbabilities(classes, gate.length * classes);
  answers.add(probabilities, labels);
  const predicted = gate.map((_, row) => {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(Math.max(...own));
  });
  return {
    version,
    predicted,
    loss: negativeLogLikelihood(answers),
    calibrationError: expectedCalibrationError(answers, 1),
  };
}
