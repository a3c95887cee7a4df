import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  InferenceSession,
  initialState,
  TrainingSession,
  type NetworkConfig,
  type NetworkState,
  type OptimizerConfig,
  type TrainingConfig,
} from '#libs/nn';
import { assertClose, closeBoth, NO_REFERENCE, startBoth, type BothEngines } from '../engine/wasm/_both-engines.js';
import { formulaConfig, formulaLabels, formulaPixels } from './_formula.js';

const SIZE = 32;
const COUNT = 4;
const STEPS = 2;

let engines: BothEngines | undefined;
before(async () => {
  engines = await startBoth();
});
after(() => closeBoth(engines));

interface NetworkCase {
  readonly config: NetworkConfig;
  readonly optimizer: OptimizerConfig;
  readonly training?: TrainingConfig;
  /**
   * Of the largest value of a tensor. Deep networks on tiny batches amplify rounding: batch norm divides by small
   * deviations.
   */
  readonly tolerance: number;
}

const cases: readonly NetworkCase[] = [
  { config: formulaConfig('baseline-cnn', SIZE), optimizer: { name: 'adamw', learningRate: 1e-4 }, tolerance: 1e-4 },
  {
    config: formulaConfig('resnet10-slim', SIZE),
    optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0.9, weightDecay: 1e-3 },
    training: { labelSmoothing: 0.1 },
    tolerance: 1e-3,
  },
  {
    config: { ...formulaConfig('mobilenet_v3_small', SIZE), dropout: 0.3 },
    optimizer: { name: 'sgd', learningRate: 0.01 },
    training: { seed: 3 },
    tolerance: 1e-3,
  },
];

const batch = (key: string) => ({
  pixels: formulaPixels(key, COUNT, SIZE),
  labels: formulaLabels(COUNT),
  count: COUNT,
});

function assertStatesClose(actual: NetworkState, expected: NetworkState, tolerance: number): void {
  assert.deepEqual([...actual.keys()], [...expected.keys()]);
  for (const [name, { data }] of expected) assertClose(actual.get(name)!.data, data, tolerance, name);
}

for (const { config, optimizer, training, tolerance } of cases) {
  test(`${config.architecture} with ${optimizer.name} is trained and served alike by both engines`, async (t) => {
    if (!engines) return t.skip(NO_REFERENCE);
    const weights = initialState(config, 1);
    const results = await Promise.all(
      [engines.portable, engines.tensorflow].map(async (engine) => {
        const session = await TrainingSession.create(engine, config, optimizer, { weights }, training);
        const steps = [];
        for (let step = 0; step < STEPS; step++) steps.push(await session.trainStep(batch(String(step))));
        const state = await session.readState();
        const evaluation = await session.evaluate(batch('evaluation'));
        await session.close();
        // Served with the weights of one engine, so that only the serving differs.
        const serving = await InferenceSession.create(engine, config, weights);
        const predicted = await serving.predict(batch('evaluation').pixels, COUNT);
        await serving.close();
        return { steps, state, evaluation, predicted };
      }),
    );
    const [own, reference] = results as [(typeof results)[0], (typeof results)[0]];
    own.steps.forEach(({ loss }, step) =>
      assert.ok(
        Math.abs(loss - reference.steps[step]!.loss) <= tolerance * reference.steps[step]!.loss,
        `step ${step}: ${loss} against ${reference.steps[step]!.loss}`,
      ),
    );
    assertStatesClose(own.state.weights, reference.state.weights, tolerance);
    assertClose(own.evaluation.probabilities, reference.evaluation.probabilities, tolerance, 'evaluation');
    assertClose(own.predicted, reference.predicted, 1e-4, 'prediction');
  });
}
