import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import { TrainingSession, type NetworkState } from '#libs/nn';
import { formulaConfig, formulaLabels, formulaPixels, formulaState } from './_formula.js';

const CONFIG = formulaConfig('baseline-cnn', 32, 1);
const BATCH = { pixels: formulaPixels('pixels', 8, 32, 1), labels: formulaLabels(8), count: 8 };
const OPTIMIZER = { name: 'adam', learningRate: 0.01 } as const;
const DECAY = 0.6;

let engine: Engine;

before(async () => {
  engine = await startEngine();
});

after(() => engine.close());

/** The formula of the documentation, in double precision. */
function averaged(average: Map<string, Float64Array>, weights: NetworkState, decay: number): void {
  for (const [name, { data }] of weights) {
    const values = average.get(name)!;
    data.forEach((weight, index) => (values[index]! += (1 - decay) * (weight - values[index]!)));
  }
}

it('the average of the weights follows them step by step, faster in the first steps', async () => {
  const weights = formulaState(CONFIG);
  const session = await TrainingSession.create(engine, CONFIG, OPTIMIZER, { weights }, { averageDecay: DECAY });
  const expected = new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));
  for (let step = 1; step <= 8; step++) {
    await session.trainStep(BATCH);
    averaged(expected, await session.readWeights(), Math.min(DECAY, (1 + step) / (10 + step)));
  }
  const average = await session.readAverage();
  for (const [name, values] of expected)
    for (const [index, value] of values.entries())
      assert.ok(Math.abs(average.get(name)!.data[index]! - value) <= 1e-5 * Math.max(1, Math.abs(value)), name);
  await session.close();
});

it('a session that goes on from a stored state has the average of one that never stopped, to the bit', async () => {
  const create = (state: Parameters<typeof TrainingSession.create>[3]) =>
    TrainingSession.create(engine, CONFIG, OPTIMIZER, state, { averageDecay: DECAY });
  const whole = await create({ weights: formulaState(CONFIG) });
  for (let step = 0; step < 2; step++) await whole.trainStep(BATCH);
  const resumed = await create(await whole.readState());
  await whole.trainStep(BATCH);
  await resumed.trainStep(BATCH);
  const [expected, actual] = [await whole.readAverage(), await resumed.readAverage()];
  for (const [name, { data }] of expected) assert.deepEqual(actual.get(name)!.data, data, name);
  await whole.close();
  await resumed.close();
});

it('training with an average takes the same steps as without', async () => {
  const plain = await TrainingSession.create(engine, CONFIG, OPTIMIZER, { weights: formulaState(CONFIG) });
  const state = { weights: formulaState(CONFIG) };
  const averaging = await TrainingSession.create(engine, CONFIG, OPTIMIZER, state, { averageDecay: DECAY });
  for (let step = 0; step < 2; step++) await Promise.all([plain.trainStep(BATCH), averaging.trainStep(BATCH)]);
  const [expected, actual] = [await plain.readWeights(), await averaging.readWeights()];
  for (const [name, { data }] of expected) assert.deepEqual(actual.get(name)!.data, data, name);
  assert.throws(() => plain.readAverage(), { code: 'INVALID_ARGUMENT' });
  await plain.close();
  await averaging.close();
});
