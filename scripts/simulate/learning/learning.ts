import type { Engine } from '#libs/engine';
import { compileTransform, defaultTransform, PHANTOM_CLASSES, type PreparedImage } from '#libs/imaging';
import { InferenceSession, initialState, TrainingSession, type NetworkConfig, type NetworkState } from '#libs/nn';
import { createRandom } from '#libs/random';
import { SIZE_PX, type Picture } from './pictures.js';

/** The recipe `default` at the size of the phantoms, at a constant rate. */
export const NETWORK: NetworkConfig = {
  architecture: 'resnet10-slim',
  classes: PHANTOM_CLASSES.length,
  input: { height: SIZE_PX, width: SIZE_PX, channels: 1 },
  normalize: defaultTransform(SIZE_PX).normalize,
  precision: 'float32',
};
export const BATCH_SIZE = 16;

/** Pictures asked at once. */
const TEST_BATCH = 100;

const transform = {
  train: compileTransform(defaultTransform(SIZE_PX), 'train'),
  eval: compileTransform(defaultTransform(SIZE_PX), 'eval'),
};

/** What needs no random numbers of training pictures: done once. */
const prepared = new WeakMap<Picture, PreparedImage>();

function preparedFor(picture: Picture): PreparedImage {
  const known = prepared.get(picture) ?? transform.train.prepare(picture.image);
  prepared.set(picture, known);
  return known;
}

/** A picture of a batch. */
export interface Row {
  readonly picture: Picture;
  readonly classIndex: number;
}

/** Pixels of a batch, [batch, height, width, channel]; augmented where a number of the epoch is given. */
export function pixelsOf(
  rows: readonly Pick<Row, 'picture'>[],
  augmented?: { seed: number; epoch: number },
): Uint8Array {
  const { outputBytes } = transform.eval;
  const pixels = new Uint8Array(rows.length * outputBytes);
  rows.forEach(({ picture }, row) => {
    const output = pixels.subarray(row * outputBytes, (row + 1) * outputBytes);
    if (augmented) {
      const random = createRandom(augmented.seed, 'augment', augmented.epoch, picture.id);
      transform.train.apply(preparedFor(picture), random, output);
    } else transform.eval.apply(transform.eval.prepare(picture.image), undefined, output);
  });
  return pixels;
}

export const labelsOf = (rows: readonly Pick<Row, 'classIndex'>[]): Int32Array =>
  Int32Array.from(rows, ({ classIndex }) => classIndex);

/** A network about to learn: the same first weights for the same seed, whoever teaches it. */
export const newSession = (
  engine: Engine,
  { seed, averageDecay, learningRate }: { seed: number; averageDecay: number; learningRate: number },
): Promise<TrainingSession> =>
  TrainingSession.create(
    engine,
    NETWORK,
    { name: 'adam', learningRate },
    { weights: initialState(NETWORK, seed) },
    { averageDecay, seed },
  );

/** Answers with weights that change now and then. */
export class Examinee implements AsyncDisposable {
  readonly #engine: Engine;
  #session: InferenceSession | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async take(weights: NetworkState): Promise<void> {
    if (this.#session) await this.#session.writeWeights(weights);
    else this.#session = await InferenceSession.create(this.#engine, NETWORK, weights);
  }

  /** Class probabilities, axes [batch, class]. */
  async answer(pixels: Uint8Array, count: number): Promise<Float32Array> {
    return await this.#session!.predict(pixels, count);
  }

  /** Share of pictures whose likeliest class is the true one, percent. */
  async accuracy(test: readonly Picture[]): Promise<number> {
    let right = 0;
    for (let first = 0; first < test.length; first += TEST_BATCH) {
      const pictures = test.slice(first, first + TEST_BATCH);
      const probabilities = await this.answer(pixelsOf(pictures.map((picture) => ({ picture }))), pictures.length);
      pictures.forEach(({ classIndex }, row) => {
        const own = probabilities.subarray(row * NETWORK.classes, (row + 1) * NETWORK.classes);
        if (own.every((value, index) => index === classIndex || value < own[classIndex]!)) right++;
      });
    }
    return (100 * right) / test.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session?.close();
  }
}

/** Accuracies on the test sets of a scenario, percent. */
export interface Accuracies {
  readonly old: number;
  readonly new?: number;
}

export async function examine(
  examinee: Examinee,
  tests: { readonly old: readonly Picture[]; readonly new?: readonly Picture[] },
): Promise<Accuracies> {
  const old = await examinee.accuracy(tests.old);
  return tests.new ? { old, new: await examinee.accuracy(tests.new) } : { old };
}
