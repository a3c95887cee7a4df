import type { Engine } from '#libs/engine';
import type { Precision } from '../network-config.js';
import { TrainingSession } from '../sessions/training-session.js';
import type { NetworkState, StateTensor } from '../state/network-state.js';
import { formulaConfig, formulaLabels, formulaPixels, formulaState, repeated } from './formula.js';
import { REFERENCE } from './reference.js';

/** How far an engine's numbers are from the stored ones. */
export interface SelfCheckResult {
  readonly precision: Precision;
  /** Each relative to the size of what is compared. */
  readonly comparisons: readonly { readonly what: string; readonly difference: number; readonly tolerance: number }[];
  /** Whether every difference is within its tolerance. */
  readonly passed: boolean;
}

/**
 * Root mean square, and mean product with numbers in [-1, 1) drawn by the tensor's name: together they pin every
 * element.
 */
type Projections = Readonly<Record<string, readonly [rootMeanSquare: number, projection: number]>>;

/** What an independent implementation computes; see reference.ts. */
export interface SelfCheckReference {
  readonly architecture: string;
  readonly sizePx: number;
  /** Images of the one batch. */
  readonly images: number;
  readonly learningRate: number;
  /** Of the first and of the second step. */
  readonly losses: readonly [number, number];
  readonly gradients: Projections;
  readonly statistics: Projections;
}

/**
 * Several times what processors of different kinds are off by: bfloat16 keeps 8 bits of every activation and gradient.
 * A wrong op is off by far more.
 */
const TOLERANCES: Readonly<Record<Precision, { readonly values: number; readonly gradients: number }>> = {
  float32: { values: 1e-4, gradients: 1e-3 },
  bfloat16: { values: 0.03, gradients: 0.3 },
};

/** Adam's first moment after one step is this share of the gradient. */
const FIRST_MOMENT_SHARE = 0.1;

/**
 * Trains a small residual network (convolutions, batch norm, ReLU, additions, pools, a linear layer, Adam) for two
 * steps, and compares losses, gradients and running statistics with what PyTorch computed in float64 for the same
 * weights and images.
 * @param reference what to compare with: the stored numbers
 * @throws ENGINE_FAILED when the engine cannot run it, MODEL_INVALID when its loss is not finite
 */
export async function runSelfCheck(
  engine: Engine,
  precision: Precision,
  reference: SelfCheckReference = REFERENCE,
): Promise<SelfCheckResult> {
  const { architecture, sizePx, images, learningRate, losses, gradients, statistics } = reference;
  const config = { ...formulaConfig(architecture, sizePx), precision };
  const session = await TrainingSession.create(
    engine,
    config,
    { name: 'adam', learningRate },
    { weights: formulaState(config) },
  );
  const batch = {
    pixels: formulaPixels(`${architecture} step 0`, images, sizePx),
    labels: formulaLabels(images),
    count: images,
  };
  const first = await session.trainStep(batch);
  const { weights, optimizer } = await session.readState();
  const second = await session.trainStep(batch);
  await session.close();

  const tolerances = TOLERANCES[precision];
  const comparisons = [
    { what: 'loss', difference: relative(first.loss, losses[0]), tolerance: tolerances.values },
    {
      what: 'gradients',
      difference: farthest(gradients, optimizer, (name) => `${name}.exp_avg`, FIRST_MOMENT_SHARE),
      tolerance: tolerances.gradients,
    },
    {
      what: 'running statistics',
      difference: farthest(statistics, weights, (name) => name, 1),
      tolerance: tolerances.values,
    },
    { what: 'loss after the step', difference: relative(second.loss, losses[1]), tolerance: tolerances.values },
  ];
  return { precision, comparisons, passed: comparisons.every(({ difference, tolerance }) => difference <= tolerance) };
}

const relative = (actual: number, expected: number): number => Math.abs(actual - expected) / Math.abs(expected);

/** Largest difference in parts of the tensor's root mean square. */
function farthest(expected: Projections, state: NetworkState, nameOf: (name: string) => string, scale: number): number {
  const differences = Object.entries(expected).map(([name, [rootMeanSquare, projection]]) => {
    const [actualSize, actualProjection] = project(name, state.get(nameOf(name)), scale);
    return Math.max(Math.abs(actualSize - rootMeanSquare), Math.abs(actualProjection - projection)) / rootMeanSquare;
  });
  // A NaN must not pass for a small number.
  return differences.some(Number.isNaN) ? Infinity : Math.max(...differences);
}

/** The projections of values divided by `scale`. */
function project(name: string, tensor: StateTensor | undefined, scale: number): [number, number] {
  const data = tensor?.data ?? new Float32Array(1).fill(NaN);
  const directions = repeated(`direction of ${name}`, data.length, (value) => 2 * value - 1);
  const squares = data.reduce((sum, value) => sum + (value / scale) ** 2, 0);
  const products = data.reduce((sum, value, index) => sum + (value / scale) * directions[index]!, 0);
  return [Math.sqrt(squares / data.length), products / data.length];
}
