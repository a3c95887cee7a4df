import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, describe, it } from 'node:test';
import { parseDevices, startEngine, type Engine } from '#libs/engine';
import { fixedPointSum, Graph } from '#libs/graph';
import {
  initialState,
  parseRecipe,
  getRecipe,
  TrainingSession,
  type NetworkConfig,
  type NetworkState,
  type OptimizerConfig,
  type TrainingConfig,
} from '#libs/nn';

const SHARDS = 4;

const config: NetworkConfig = {
  architecture: 'resnet10-slim',
  classes: 4,
  input: { height: 32, width: 32, channels: 1 },
  normalize: { mean: [0.5], std: [0.25] },
  precision: 'float32',
};

/** Images of one step, a function of its number. */
function batchOf(step: number, count: number): { pixels: Uint8Array; labels: Int32Array; count: number } {
  const size = 32 * 32;
  const labels = Int32Array.from({ length: count }, (_, row) => (step + row) % 4);
  const pixels = Uint8Array.from({ length: count * size }, (_, index) => {
    const row = Math.floor(index / size);
    return ((Math.imul(index + step * 7919, 2654435761) >>> 25) + labels[row]! * 30) & 255;
  });
  return { pixels, labels, count };
}

function hash(state: NetworkState): string {
  const sha = createHash('sha256');
  for (const [name, { data }] of state)
    sha.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return sha.digest('hex');
}

/** An engine on these devices; they are those of the shards. */
async function startOn(devices: string, kernels?: 'custom' | 'tensorflow'): Promise<Engine> {
  process.env['SULCUS_DEVICES'] = devices;
  return startEngine({ kind: 'tensorflow', maxDevices: SHARDS, label: 'test shards', ...(kernels && { kernels }) });
}

const namesOf = (engine: Engine): string[] => engine.info.shardDevices.map((device) => `/device:${device}`);

interface Case {
  network?: Partial<NetworkConfig>;
  optimizer: OptimizerConfig;
  training?: TrainingConfig;
}

/** Weights after steps of which the last is uneven. */
async function train(devices: string, { network, optimizer, training }: Case): Promise<string> {
  await using engine = await startOn(devices);
  const whole = { ...config, ...network };
  const session = await TrainingSession.create(
    engine,
    whole,
    optimizer,
    { weights: initialState(whole, 1) },
    {
      seed: 3,
      ...training,
      sharding: { count: SHARDS, devices: namesOf(engine) },
    },
  );
  for (const [step, count] of [16, 16, 11].entries()) await session.trainStep(batchOf(step, count));
  return hash(await session.readWeights());
}

describe('training in shards', () => {
  afterEach(() => delete process.env['SULCUS_DEVICES']);

  const cases: Record<string, Case> = {
    'adam, float32, class weights and smoothing': {
      optimizer: { name: 'adam', learningRate: 0.01 },
      training: { classWeights: [1, 2, 1, 0.5], labelSmoothing: 0.1 },
    },
    'sgd, bfloat16': {
      network: { precision: 'bfloat16' },
      optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9 },
    },
    'adamw, float32, dropout and depthwise convolutions': {
      network: { architecture: 'mobilenet_v3_small' },
      optimizer: { name: 'adamw', learningRate: 0.01 },
    },
  };
  for (const [name, each] of Object.entries(cases)) {
    it(`gives the same weights to the bit on one device, two and four: ${name}`, async () => {
      const one = await train('cpu', each);
      assert.equal(await train('cpu:2', each), one);
      assert.equal(await train('cpu:4', each), one);
    });
  }

  describe('on one engine', () => {
    let engine: Engine | undefined;
    const shared = async (): Promise<Engine> => (engine ??= await startOn('cpu:2'));
    after(() => engine?.close());

    const open = async (optimizer: OptimizerConfig, training: TrainingConfig): Promise<TrainingSession> =>
      TrainingSession.create(await shared(), config, optimizer, { weights: initialState(config, 1) }, training);

    const sharding = { count: SHARDS };

    it('a batch of fewer than two rows a shard is computed whole, as without shards', async () => {
      const optimizer = { name: 'sgd', learningRate: 0.1 } as const;
      const hashes = [];
      for (const training of [{ sharding }, {}]) {
        const session = await open(optimizer, training);
        await session.trainStep(batchOf(1, 2 * SHARDS - 1));
        hashes.push(hash(await session.readWeights()));
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

    it('a step that is not finite is refused as a whole', async () => {
      const session = await open({ name: 'sgd', learningRate: 1e30 }, { sharding });
      await session.trainStep(batchOf(1, 16));
      await assert.rejects(session.trainStep(batchOf(2, 16)), { code: 'MODEL_INVALID' });
      await session.close();
    });

    it('sums rounded in the order of the shards are a choice', async () => {
      const session = await open(
        { name: 'sgd', learningRate: 0.1 },
        { sharding: { ...sharding, reduction: 'float32' } },
      );
      const { loss, correct } = await session.trainStep(batchOf(1, 16));
      assert.ok(Number.isFinite(loss) && correct >= 0);
      await session.close();
    });
  });
});

describe('sums in fixed point', () => {
  afterEach(() => delete process.env['SULCUS_DEVICES']);

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
      () => startOn('cpu', 'custom'),
      () => startOn('cpu', 'tensorflow'),
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
      () => startOn('cpu', 'custom'),
      () => startOn('cpu', 'tensorflow'),
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

describe('devices and recipes', () => {
  it('are read as written, and mistakes say what is expected', () => {
    assert.deepEqual(parseDevices('auto'), { kind: 'auto' });
    assert.deepEqual(parseDevices('cpu:2'), { kind: 'cpu', count: 2 });
    assert.deepEqual(parseDevices('gpu:0,gpu:3'), { kind: 'gpu', indices: [0, 3] });
    for (const wrong of ['gpu', 'cpu:0', 'cpu:99', 'gpu:0,gpu:0', 'tpu:1', 'gpu:0,cpu:1']) {
      assert.throws(() => parseDevices(wrong), /expected|twice/, wrong);
    }
  });

  it('a GPU that is not there ends the start with what there is, and nothing takes its place', async () => {
    process.env['SULCUS_DEVICES'] = 'gpu:0,gpu:1';
    await assert.rejects(startEngine({ maxDevices: 2 }), (error: Error) =>
      /SULCUS_DEVICES names gpu:0, gpu:1/.test(error.message),
    );
    delete process.env['SULCUS_DEVICES'];
  });

  it('more shards than a batch has pairs of images are a mistake of the recipe', () => {
    const recipe = { ...getRecipe('default'), batchSize: 6, shards: 4 };
    assert.throws(() => parseRecipe(recipe), /4 of at least 2 images each need a batchSize of 8 or more, not 6/);
  });
});

function withElement(values: Float32Array, index: number, value: number): Float32Array {
  const copy = values.slice();
  copy[index] = value;
  return copy;
}
