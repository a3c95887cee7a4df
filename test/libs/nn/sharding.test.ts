import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import { fixedPointSum, Graph } from '#libs/graph';
import {
  getRecipe,
  initialState,
  parseRecipe,
  TrainingSession,
  type OptimizerConfig,
  type TrainingConfig,
} from '#libs/nn';
import {
  batchOf,
  hashOf,
  SHARDS,
  smallNetwork,
  startOn,
  trainOn,
  type ShardedTraining,
} from '../../../scripts/devices/train.js';

const config = smallNetwork('resnet10-slim');

interface Case extends Omit<ShardedTraining, 'rows'> {
  /** Compared with one device. Three devices do not divide the shards: one of them computes two. */
  readonly devices: readonly string[];
}

/** `npm run test:devices` tries more. */
const CASES: Readonly<Record<string, Case>> = {
  'adam, float32, class weights and smoothing': {
    devices: ['cpu:2', 'cpu:4'],
    network: config,
    optimizer: { name: 'adam', learningRate: 0.01 },
    training: { classWeights: [1, 2, 1, 0.5], labelSmoothing: 0.1 },
  },
  'sgd, bfloat16': {
    devices: ['cpu:3'],
    network: smallNetwork('resnet10-slim', 'bfloat16'),
    optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9 },
  },
  'adamw, float32, dropout and depthwise convolutions': {
    devices: ['cpu:4'],
    network: smallNetwork('mobilenet_v3_small'),
    optimizer: { name: 'adamw', learningRate: 0.01 },
  },
};

describe('training in shards', () => {
  const engines = new Map<string, Engine>();
  const engineOn = async (devices: string): Promise<Engine> => {
    const engine = engines.get(devices) ?? (await startOn(devices));
    engines.set(devices, engine);
    return engine;
  };
  after(() => Promise.all([...engines.values()].map((engine) => engine.close())));

  for (const [name, { devices, ...training }] of Object.entries(CASES)) {
    it(`gives the same weights to the bit on cpu and ${devices.join(' and ')}: ${name}`, async () => {
      // The last batch is uneven.
      const train = async (on: string): Promise<string> =>
        trainOn(await engineOn(on), { ...training, rows: [16, 16, 11] });
      const one = await train('cpu');
      for (const several of devices) assert.equal(await train(several), one, several);
    });
  }

  describe('on two devices', () => {
    let engine: Engine;
    before(async () => {
      engine = await engineOn('cpu:2');
    });
    const open = (optimizer: OptimizerConfig, training: TrainingConfig): Promise<TrainingSession> =>
      TrainingSession.create(engine, config, optimizer, { weights: initialState(config, 1) }, training);

    const sharding = { count: SHARDS, devices: ['/device:CPU:0', '/device:CPU:1'] };

    it('a batch of fewer than two rows a shard is computed whole, as without shards', async () => {
      const optimizer = { name: 'sgd', learningRate: 0.1 } as const;
      const hashes = [];
      for (const training of [{ sharding }, {}]) {
        const session = await open(optimizer, training);
        await session.trainStep(batchOf(1, 2 * SHARDS - 1));
        hashes.push(hashOf(await session.readWeights()));
        await session.close();
      }
      assert.equal(hashes[0], hashes[1]);
    });

    it('with running statistics, gradients are those of the whole batch', async () => {
      const states = [];
      for (const training of [{ sharding, inferenceModeSteps: true }, { inferenceModeSteps: true }]) {
        const session = await open({ name: 'sgd', learningRate: 1 }, training);
        const before = await session.readWeights();
        await session.trainStep({ ...batchOf(1, 14), inferenceMode: true });
        const weights = await session.readWeights();
        states.push(
          [...weights].flatMap(([name, { data }]) =>
            Array.from(data, (value, index) => before.get(name)!.data[index]! - value),
          ),
        );
        await session.close();
      }
      const [sharded, whole] = states as [number[], number[]];
      const largestOf = (numbers: readonly number[]): number =>
        numbers.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      const largest = largestOf(whole);
      const difference = largestOf(whole.map((value, index) => value - sharded[index]!));
      assert.ok(difference / largest <= 1e-5, `${difference / largest}`);
    });

    for (const [bad, reduction] of [
      [0, 'fixed-point'],
      [3, 'fixed-point'],
      [1, 'float32'],
    ] as const) {
      it(`a step that is not finite in shard ${bad} alone is refused as a whole: ${reduction} sums`, async () => {
        // Black images are zeros, whatever the weights are; others overflow.
        const black = { ...config, normalize: { mean: [0], std: [1] } };
        const weights = new Map(initialState(black, 1));
        const stem = weights.get('conv1.weight')!;
        weights.set('conv1.weight', { ...stem, data: stem.data.map(() => 1e38) });
        const session = await TrainingSession.create(
          engine,
          black,
          { name: 'sgd', learningRate: 0.01, momentum: 0.9 },
          { weights },
          { sharding: { ...sharding, reduction } },
        );
        const batch = { ...batchOf(1, 4 * SHARDS), pixels: new Uint8Array(4 * SHARDS * 32 * 32) };
        const overflowing = batch.pixels.slice().fill(255, 4 * bad * 32 * 32, 4 * (bad + 1) * 32 * 32);
        await session.trainStep(batch);
        const states: string[] = [];
        const note = async (): Promise<void> => {
          const { weights, optimizer } = await session.readState();
          states.push(hashOf(weights, optimizer));
        };
        await note();
        await assert.rejects(session.trainStep({ ...batch, pixels: overflowing }), {
          code: 'MODEL_INVALID',
          message: /step 2 .*the weights are as before/,
        });
        await note();
        await session.trainStep(batch);
        await note();
        await session.close();
        assert.equal(states[1], states[0], 'nothing changed');
        assert.notEqual(states[2], states[1], 'the next step is made');
      });
    }

    it('sums rounded in the order of the shards are a choice: the same loss, other bits', async () => {
      const outcomes = [];
      for (const reduction of ['fixed-point', 'float32'] as const) {
        const session = await open({ name: 'sgd', learningRate: 0.1 }, { sharding: { ...sharding, reduction } });
        const { loss } = await session.trainStep(batchOf(1, 16));
        outcomes.push({ loss, hash: hashOf(await session.readWeights()) });
        await session.close();
      }
      const [exact, rounded] = outcomes as [{ loss: number; hash: string }, { loss: number; hash: string }];
      assert.ok(Math.abs(rounded.loss - exact.loss) < 1e-6, `${rounded.loss} and ${exact.loss}`);
      assert.notEqual(rounded.hash, exact.hash);
    });
  });
});

describe('sums in fixed point', () => {
  const values = Array.from({ length: 3 }, (_, input) =>
    Float32Array.from({ length: 5003 }, (_, index) => Math.sin(index * (input + 1)) * 10 ** ((index % 9) - 6)),
  );

  async function sumOn(engine: Engine, inputs: readonly Float32Array[]): Promise<{ sum: Float32Array; check: number }> {
    const graph = new Graph();
    const x = inputs.map((_, index) => graph.placeholder(`x${index}`, 'float32', [-1]));
    const signature = {
      inputs: Object.fromEntries(x.map((each, index) => [`x${index}`, each])),
      outputs: fixedPointSum(graph, x),
    };
    const program = await engine.load({ graph, signatures: { add: signature } });
    const feeds = inputs.map((data, index) => [`x${index}`, { dtype: 'float32', shape: [data.length], data }] as const);
    const { sum, check } = await program.run('add', Object.fromEntries(feeds));
    await program.unload();
    return { sum: sum!.data as Float32Array, check: (check!.data as Float32Array)[0]! };
  }

  it("are the same to the bit by the custom op, TensorFlow's ops and the portable engine, in any order", async () => {
    const engines = [
      () => startOn('cpu', { kernels: 'custom' }),
      () => startOn('cpu', { kernels: 'tensorflow' }),
      () => startEngine({ kind: 'portable' }),
    ];
    const results: { sum: Float32Array; check: number }[] = [];
    for (const start of engines) {
      await using engine = await start();
      results.push(await sumOn(engine, values), await sumOn(engine, [...values].reverse()));
    }
    for (const { sum, check } of results) {
      assert.deepEqual(Buffer.from(sum.buffer, sum.byteOffset, sum.byteLength), Buffer.from(results[0]!.sum.buffer));
      assert.equal(check, 0);
    }
    const exact = values[0]!.map((_, index) => values.reduce((total, input) => total + input[index]!, 0));
    exact.forEach((value, index) =>
      assert.ok(Math.abs(results[0]!.sum[index]! - value) <= 4e-12 + Math.abs(value) * 1e-7),
    );
  });

  it('say by their check that an element is not finite, or too large to be summed', async () => {
    for (const start of [
      () => startOn('cpu', { kernels: 'custom' }),
      () => startOn('cpu', { kernels: 'tensorflow' }),
      () => startEngine({ kind: 'portable' }),
    ]) {
      await using engine = await start();
      for (const bad of [NaN, Infinity, -Infinity, 2 ** 23 / 3]) {
        const { check } = await sumOn(engine, [values[0]!, values[1]!, withElement(values[2]!, 17, bad)]);
        assert.ok(Number.isNaN(check), `${bad}`);
      }
    }
  });
});

describe('a recipe', () => {
  it('with more shards than its batches have pairs of images is refused', () => {
    const recipe = { ...getRecipe('default'), batchSize: 6, shards: 4 };
    assert.throws(() => parseRecipe(recipe), /4 of at least 2 images each need a batchSize of 8 or more, not 6/);
  });
});

function withElement(values: Float32Array, index: number, value: number): Float32Array {
  const copy = values.slice();
  copy[index] = value;
  return copy;
}
