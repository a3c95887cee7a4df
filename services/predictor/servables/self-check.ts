import { SulcusError } from '#libs/errors';
import { createRandom } from '#libs/random';

/** What a self-check asks of a model. */
export interface Checkable {
  /** `[count, height, width, channels]` uint8 → `[count, classes]` probabilities. */
  predict(pixels: Uint8Array, count: number): Promise<Float32Array>;
}

/** How far a row of probabilities may be from summing to 1. */
const SUM_TOLERANCE = 1e-3;
/** How far two answers to one image may differ: kernels may add up in another order. */
const REPEAT_TOLERANCE = 1e-4;

/**
 * Runs a model on made-up images in every batch size that will be common, so that graph optimisation and kernel
 * selection are paid before the first request, and checks its answers: finite, each row a distribution, the same for
 * the same image.
 *
 * @param inputLength bytes of one image
 * @throws MODEL_INVALID with what was found
 */
export async function warmUpAndCheck(
  model: Checkable,
  inputLength: number,
  classes: number,
  batchSizes: readonly number[],
): Promise<void> {
  const probe = probeImage(inputLength);
  const first = await model.predict(probe, 1);
  assertDistributions(first, 1, classes);
  for (const batchSize of batchSizes) {
    const rows = new Uint8Array(batchSize * inputLength);
    for (let row = 0; row < batchSize; row++) rows.set(probe, row * inputLength);
    assertDistributions(await model.predict(rows, batchSize), batchSize, classes);
  }
  const again = await model.predict(probe, 1);
  const difference = Math.max(...first.map((value, index) => Math.abs(value - again[index]!)));
  if (difference > REPEAT_TOLERANCE) {
    throw new SulcusError('MODEL_INVALID', `The same image was answered differently a second time, by ${difference}`);
  }
}

/** @throws MODEL_INVALID unless `values` is `[count, classes]` with every row a probability distribution */
export function assertDistributions(values: Float32Array, count: number, classes: number): void {
  if (values.length !== count * classes) {
    throw new SulcusError(
      'MODEL_INVALID',
      `The model answers ${values.length} values for ${count} images of ${classes} classes`,
    );
  }
  for (let row = 0; row < count; row++) {
    const probabilities = values.subarray(row * classes, (row + 1) * classes);
    const sum = probabilities.reduce((total, value) => total + value, 0);
    // A NaN fails both comparisons' negations: `!(a <= b)` is not `a > b` here.
    if (
      !probabilities.every((value) => value >= 0 && value <= 1 + SUM_TOLERANCE) ||
      !(Math.abs(sum - 1) <= SUM_TOLERANCE)
    ) {
      throw new SulcusError(
        'MODEL_INVALID',
        `The model's answers are no probabilities: ${Array.from(probabilities.slice(0, 8)).join(', ')}`,
      );
    }
  }
}

function probeImage(length: number): Uint8Array {
  const random = createRandom('predictor self-check');
  return Uint8Array.from({ length }, () => random.integer(0, 255));
}

/** 1, 2, 4, … up to and with `maxBatchSize`, and the sizes that batches are preferred to have. */
export function warmUpBatchSizes(maxBatchSize: number, preferredBatchSizes: readonly number[] = []): number[] {
  const sizes = new Set([...preferredBatchSizes, maxBatchSize]);
  for (let size = 1; size < maxBatchSize; size *= 2) sizes.add(size);
  return [...sizes].sort((left, right) => left - right);
}
