import type { InferenceSession, TrainingSession } from '#libs/nn';
import type { BatchTransform } from '../data/batch-exchange.js';
import type { BatchShape } from '../data/open-batch.js';

/** A model as the gate asks it: as its card says, or will say. */
export interface GateModel {
  /** A version, or what is to become one, for sentences. */
  readonly name: string;
  /** Class names in the order of its outputs. */
  readonly classes: readonly string[];
  readonly input: BatchShape;
  /** How its images are prepared; absent: as the run's are. */
  readonly transform?: BatchTransform;
  /** Temperature that its probabilities are served at; 1: as the network gives them. */
  readonly temperature: number;
  /**
   * @param pixels uint8, axes [count, height, width, channel]
   * @returns probabilities, axes [count, class], each row summing to 1
   */
  answer(pixels: Uint8Array, count: number): Promise<Float32Array>;
}

type About = Omit<GateModel, 'answer'>;

/** The network in training, with the weights of the moment it is asked. */
export const modelInTraining = (session: TrainingSession, about: About): GateModel => ({
  ...about,
  // The probabilities do not depend on the labels, which the loss alone needs.
  answer: async (pixels, count) =>
    (await session.evaluate({ pixels, labels: new Int32Array(count), count })).probabilities,
});

/** Any other weights, for example averaged ones. */
export const modelAtRest = (session: InferenceSession, about: About): GateModel => ({
  ...about,
  answer: (pixels, count) => session.predict(pixels, count),
});
