import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import {
  add,
  attr,
  dataOf,
  fusedBatchNorm,
  gradients,
  Graph,
  mean,
  mul,
  relu,
  relu6,
  serializeProgram,
  square,
  sum,
  type Program,
  type Tensor,
  type TensorValue,
} from '#libs/graph';
import { createRandom } from '#libs/random';
import { relativeError } from './_convolution.js';
import {
  exampleProgram,
  fetchedGradientSum,
  fetchedReluGradient,
  feedsFor,
  feedsOf,
  fromDefinition,
  batchNormProgram,
  opsIn,
  CUSTOM_OPS,
  type Build,
  type Pattern,
  type Precision,
  type Results,
  type Sizes,
} from './_batch-norm.js';
import { float32 } from '../../../graph/_programs.js';

/** Two pixels, rows of one vector to sixteen, several chunks of rows with a smaller one at the end. */
const SIZES: readonly Sizes[] = [
  [1, 1, 2, 16],
  [2, 3, 5, 16],
  [4, 7, 7, 48],
  [3, 5, 4, 80],
  [2, 9, 8, 256],
];

/** Outputs of 4 MiB, which are written past the cache. */
const LARGE: Readonly<Record<Precision, Sizes>> = { float32: [2, 64, 64, 128], bfloat16: [4, 64, 64, 128] };

const PATTERNS: Readonly<Record<string, Pattern>> = {
  'a batch norm alone': { relu: false },
  'a batch norm and a ReLU': { relu: true },
  'a batch norm and a ReLU that three ops read': { relu: true, readers: 3 },
  'the ReLU of the sum of a batch norm and a shortcut': { relu: true, shortcut: 'activations' },
  'the ReLU of the sum of two batch norms, read by two ops': { relu: true, shortcut: 'batchNorm', readers: 2 },
};

const PRECISIONS = ['float32', 'bfloat16'] as const;
/** Of the engines. Three are more than the small sizes have chunks for. */
const THREADS = [1, 3];

/**
 * Root mean square errors of activations. bfloat16: the output alone is rounded, to 8 bits, by at most 2⁻⁹ (2e-3); so
 * is the batch norm that is a shortcut.
 */
const TOLERANCE: Readonly<Record<Precision, number>> = { float32: 2e-6, bfloat16: 4e-3 };
/** Statistics, and gradients of scale and offset, are float32 in any case. */
const toleranceOf = (name: string, precision: Precision): number =>
  TOLERANCE[/^(y|recomputed|dx2?|dshortcut)$/.test(name) ? precision : 'float32'];

const BATCH_NORM = ['SulcusFusedBatchNorm', 'SulcusFusedBatchNormGrad'];
const BATCH_NORM_AND_RELU_GRAD = [...BATCH_NORM, 'SulcusAddNReluGrad'];

/** What a program does, and the ops it then holds. */
const EXAMPLES: Readonly<Record<string, readonly [build: Build, ops: readonly string[]]>> = {
  'a batch norm is one op, and its gradient another': [({ x, batchNorm }) => [batchNorm(x)], BATCH_NORM],
  'the ReLU is fused into the batch norm, and its gradient into the gradient': [
    ({ g, x, batchNorm }) => [relu(g, batchNorm(x))],
    BATCH_NORM,
  ],
  'the addition of a shortcut and its ReLU are fused into the batch norm': [
    ({ g, x, shortcut, batchNorm }) => [relu(g, add(g, shortcut, batchNorm(x)))],
    BATCH_NORM_AND_RELU_GRAD,
  ],
  'where two batch norms are added, addition and ReLU are fused into the later one': [
    ({ g, x, shortcut, batchNorm }) => [relu(g, add(g, batchNorm(x), batchNorm(shortcut)))],
    BATCH_NORM_AND_RELU_GRAD,
  ],
  'a row of residual blocks needs no other op': [
    ({ g, x, shortcut, batchNorm }) => [
      [1, 2, 3].reduce((y) => relu(g, add(g, batchNorm(y), y)), relu(g, add(g, batchNorm(x), shortcut))),
    ],
    BATCH_NORM_AND_RELU_GRAD,
  ],
  "two gradients are summed by the ReLU's gradient": [
    ({ g, x, shortcut, batchNorm }) => [((y) => mul(g, y, y))(relu(g, add(g, batchNorm(x), shortcut)))],
    BATCH_NORM_AND_RELU_GRAD,
  ],
  "three gradients are summed by the ReLU's gradient": [
    ({ g, x, shortcut, batchNorm }) => [((y) => mul(g, mul(g, y, y), y))(relu(g, add(g, batchNorm(x), shortcut)))],
    BATCH_NORM_AND_RELU_GRAD,
  ],
  'a ReLU behind no batch norm stays; its gradient is a custom op': [
    ({ g, x, shortcut }) => [relu(g, add(g, x, shortcut))],
    ['SulcusAddNReluGrad', 'AddV2', 'Relu'],
  ],

  'the ReLU stays when another op reads the batch norm': [
    ({ g, x, batchNorm }) => [((y) => mul(g, relu(g, y), y))(batchNorm(x))],
    [...BATCH_NORM_AND_RELU_GRAD, 'AddV2', 'Relu'],
  ],
  'the ReLU stays when the batch norm is fetched': [
    ({ g, x, batchNorm }) => ((y) => [relu(g, y), y])(batchNorm(x)),
    [...BATCH_NORM_AND_RELU_GRAD, 'Relu'],
  ],
  'addition and ReLU stay when another op reads the batch norm': [
    ({ g, x, shortcut, batchNorm }) => ((y) => [relu(g, add(g, y, shortcut)), square(g, y)])(batchNorm(x)),
    [...BATCH_NORM_AND_RELU_GRAD, 'AddV2', 'Relu'],
  ],
  'addition and ReLU stay when another op reads the sum': [
    ({ g, x, shortcut, batchNorm }) => ((y) => [relu(g, y), square(g, y)])(add(g, batchNorm(x), shortcut)),
    [...BATCH_NORM_AND_RELU_GRAD, 'AddV2', 'Relu'],
  ],
  'addition and ReLU stay when the sum is fetched': [
    ({ g, x, shortcut, batchNorm }) => ((y) => [relu(g, y), y])(add(g, batchNorm(x), shortcut)),
    [...BATCH_NORM_AND_RELU_GRAD, 'AddV2', 'Relu'],
  ],
  'addition and ReLU stay when the batch norm is added to itself': [
    ({ g, x, batchNorm }) => [((y) => relu(g, add(g, y, y)))(batchNorm(x))],
    [...BATCH_NORM_AND_RELU_GRAD, 'AddV2', 'Relu'],
  ],
  'addition and ReLU stay when the other summand comes after the batch norm': [
    ({ g, x, shortcut, batchNorm }) => [relu(g, add(g, batchNorm(x), square(g, shortcut)))],
    [...BATCH_NORM_AND_RELU_GRAD, 'AddV2', 'Relu'],
  ],
  'addition and ReLU stay when the other summand is broadcast': [
    ({ g, x, row, batchNorm }) => [relu(g, add(g, batchNorm(x), row))],
    [...BATCH_NORM_AND_RELU_GRAD, 'AddV2', 'Relu'],
  ],
  'addition and ReLU stay when the batch norm is broadcast': [
    ({ g, x, shortcut, batchNorm }) => [relu(g, add(g, batchNorm(mean(g, x, [1, 2], true)), shortcut))],
    [...BATCH_NORM_AND_RELU_GRAD, 'AddV2', 'Relu'],
  ],
  'a ReLU6 stays': [({ g, x, batchNorm }) => [relu6(g, batchNorm(x))], [...BATCH_NORM, 'Relu6', 'Relu6Grad']],
  'an addition before a ReLU6 stays': [
    ({ g, x, shortcut, batchNorm }) => [relu6(g, add(g, batchNorm(x), shortcut))],
    [...BATCH_NORM, 'AddV2', 'Relu6', 'Relu6Grad'],
  ],
  "the ReLU's gradient stays an op when it is fetched": [fetchedReluGradient, BATCH_NORM_AND_RELU_GRAD],
  'the sum of gradients stays when it is fetched': [fetchedGradientSum, [...BATCH_NORM_AND_RELU_GRAD, 'AddV2']],
  'a batch norm of inference stays': [
    ({ x, batchNorm }) => [batchNorm(x, false)],
    ['FusedBatchNormV3', 'FusedBatchNormGradV3'],
  ],
  'a batch norm of inference stays beside one of training': [
    ({ g, x, batchNorm }) => [relu(g, batchNorm(batchNorm(x), false))],
    [...BATCH_NORM_AND_RELU_GRAD, 'FusedBatchNormV3', 'FusedBatchNormGradV3', 'Relu'],
  ],
};

describe('which ops of a training program become custom ops', () => {
  const customBatchNormTypes = ['float32', 'bfloat16'];

  for (const [title, [build, ops]] of Object.entries(EXAMPLES)) {
    it(title, () => {
      for (const precision of PRECISIONS)
        assert.deepEqual(
          opsIn(serializeProgram(exampleProgram(build, precision), { customBatchNormTypes })),
          ops,
          precision,
        );
    });
  }

  const block: Build = ({ g, x, shortcut, batchNorm }) => [relu(g, add(g, batchNorm(relu(g, batchNorm(x))), shortcut))];

  it('none in a type that the engine has no custom ops for', () => {
    for (const precision of PRECISIONS)
      assert.deepEqual(
        opsIn(
          serializeProgram(exampleProgram(block, precision), {
            customBatchNormTypes: customBatchNormTypes.filter((type) => type !== precision),
          }),
          CUSTOM_OPS,
        ),
        [],
      );
    assert.deepEqual(opsIn(serializeProgram(exampleProgram(block)), CUSTOM_OPS), []);
  });

  it('none with channels that are no multiple of 16', () => {
    assert.deepEqual(
      opsIn(serializeProgram(exampleProgram(block, 'float32', 24), { customBatchNormTypes }), CUSTOM_OPS),
      [],
    );
  });

  it('an addition that no signature needs is not fused into a batch norm that one does', () => {
    const { graph, signatures } = exampleProgram(({ g, x, shortcut, batchNorm }) => [
      relu(g, add(g, square(g, shortcut), batchNorm(x))),
    ]);
    const batchNorm = graph.nodes.find(({ type }) => type === 'FusedBatchNormV3')!;
    const program = {
      graph,
      signatures: {
        run: {
          ...signatures['run']!,
          outputs: { mean: { node: batchNorm.name, output: 1, ...batchNorm.outputs[1]! } },
        },
      },
    };
    assert.deepEqual(opsIn(serializeProgram(program, { customBatchNormTypes })), [BATCH_NORM[0]]);
  });

  it('a batch norm of inference stays that is given the running statistics of one of training', () => {
    const g = new Graph();
    const [x, row] = [g.placeholder('x', 'float32', [2, 3, 4, 16]), g.placeholder('row', 'float32', [16])];
    const { batchMean, batchVariance } = fusedBatchNorm(g, x, row, row, row, row, { epsilon: 1e-3, training: true });
    const { y } = fusedBatchNorm(g, x, row, row, batchMean, batchVariance, { epsilon: 1e-3, training: false });
    const [dx] = gradients(g, sum(g, y), [x]) as [Tensor];
    assert.deepEqual(
      opsIn(
        serializeProgram(
          { graph: g, signatures: { run: { inputs: { x, row }, outputs: { y, dx } } } },
          { customBatchNormTypes },
        ),
      ),
      [BATCH_NORM[0], 'FusedBatchNormV3', 'FusedBatchNormGradV3'],
    );
  });

  it('what the backward pass recomputes is a custom op too', () => {
    const recomputing: Build = ({ g, x, shortcut, batchNorm, want }) => (
      want(shortcut), [mul(g, relu(g, batchNorm(x)), shortcut)]
    );
    assert.deepEqual(opsIn(serializeProgram(exampleProgram(recomputing), { customBatchNormTypes, oneDnn: true })), [
      BATCH_NORM[0],
      'SulcusRecomputedBatchNorm',
      BATCH_NORM[1],
    ]);
  });
});

describe('batch norms of training by custom ops', () => {
  let engines: readonly Engine[];
  before(async () => {
    engines = await Promise.all(THREADS.map((threads) => startEngine({ label: 'test', threads })));
  });
  after(() => Promise.all(engines.map((engine) => engine.close())));

  /** Whether the test is skipped, because this engine would run TensorFlow's ops. */
  const skipped = (t: TestContext, precision: Precision): boolean =>
    !engines[0]!.info.customBatchNormTypes.includes(precision) &&
    (t.skip(`the engine has no custom ops for ${precision}`), true);

  /** The results of some runs, one after the other. */
  async function results(
    engine: Engine,
    program: Program,
    feeds: Readonly<Record<string, TensorValue>>,
    { custom = true, oneDnn = engine.info.oneDnn, runs = 1 } = {},
  ): Promise<Results<Float32Array>[]> {
    const loaded = await engine.load(
      serializeProgram(program, { oneDnn, customBatchNormTypes: custom ? engine.info.customBatchNormTypes : [] }),
    );
    const all: Results<Float32Array>[] = [];
    for (let run = 0; run < runs; run++)
      all.push(
        Object.fromEntries(
          Object.entries(await loaded.run('run', feeds)).map(([name, value]) => [name, dataOf(value, 'float32')]),
        ),
      );
    await loaded.unload();
    return all;
  }

  const bits = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);
  const differing = (some: Results<Float32Array>, others: Results<Float32Array>): string[] =>
    Object.keys(some).filter((name) => Buffer.compare(bits(some[name]!), bits(others[name]!)) !== 0);

  for (const precision of PRECISIONS) {
    for (const [title, pattern] of Object.entries(PATTERNS)) {
      it(`${precision}, ${title}: the definition's numbers, and the same bits on any number of threads`, async (t) => {
        if (skipped(t, precision)) return;
        for (const sizes of [...SIZES, LARGE[precision]]) {
          const [program, feeds] = [batchNormProgram(sizes, precision, pattern), feedsFor(sizes, precision, pattern)];
          const [first, ...others] = (
            await Promise.all(engines.map((engine) => results(engine, program, feeds, { runs: 2 })))
          ).flat();
          const expected = fromDefinition(sizes, pattern, feeds, first!['y']!);
          assert.deepEqual(Object.keys(first!).sort(), Object.keys(expected).sort());
          for (const [name, values] of Object.entries(expected)) {
            const error = relativeError(first![name]!, values);
            assert.ok(error < toleranceOf(name, precision), `[${sizes.join(', ')}] ${name}: ${error}`);
          }
          for (const other of others) assert.deepEqual(differing(other, first!), [], `[${sizes.join(', ')}]`);
          assert.deepEqual(first!['recomputed'], first!['y']);
        }
      });
    }
  }

  it("all programs above give the numbers of TensorFlow's ops, also when rewritten for oneDNN", async (t) => {
    if (skipped(t, 'float32')) return;
    for (const [title, [build]] of Object.entries(EXAMPLES)) {
      const program = exampleProgram(build);
      const feeds = feedsOf(program);
      const [[expected], ...rewritten] = [
        await results(engines[0]!, program, feeds, { custom: false, oneDnn: false }),
        await results(engines[0]!, program, feeds),
        await results(engines[0]!, program, feeds, { oneDnn: false }),
      ];
      for (const [actual] of rewritten)
        for (const [name, values] of Object.entries(expected!))
          assert.ok(relativeError(actual![name]!, values) < 1e-5, `${title}: ${name}`);
    }
  });

  const alone: Pattern = { relu: false };
  const small: Sizes = [2, 3, 5, 16];
  it('with weight 1 the running statistics are those of the batch, even where the old ones are NaN', async (t) => {
    if (skipped(t, 'float32')) return;
    const feeds = feedsFor(small, 'float32', alone);
    const none = float32(new Float32Array(16).fill(NaN));
    const [actual] = await results(engines[0]!, batchNormProgram(small, 'float32', alone, 1), {
      ...feeds,
      mean: none,
      variance: none,
    });
    const expected = fromDefinition(small, alone, feeds, actual!['y']!, 1);
    for (const name of ['mean', 'variance'])
      assert.ok(relativeError(actual![name]!, expected[name]!) < TOLERANCE.float32, name);
  });

  it('the variance of values that differ little from a large mean is accurate', async (t) => {
    if (skipped(t, 'float32')) return;
    const sizes: Sizes = [4, 64, 64, 16];
    const random = createRandom(1, 'large mean');
    const feeds = {
      ...feedsFor(sizes, 'float32', alone),
      x: float32(
        Float32Array.from({ length: 4 * 64 * 64 * 16 }, () => 1000 + 0.01 * random.normal()),
        sizes,
      ),
    };
    const [actual] = await results(engines[0]!, batchNormProgram(sizes, 'float32', alone, 1), feeds);
    const expected = fromDefinition(sizes, alone, feeds, actual!['y']!, 1);
    // The mean of squares less the square of the mean would be wrong by hundreds of times the variance: 1000² · 2⁻²⁴ is
    // 0.06.
    assert.ok(relativeError(actual!['variance']!, expected['variance']!) < TOLERANCE.float32);
  });

  it('a single pixel has variance 0, and no gradient', async (t) => {
    if (skipped(t, 'float32')) return;
    const sizes: Sizes = [1, 1, 1, 16];
    const feeds = feedsFor(sizes, 'float32', alone);
    const [actual] = await results(engines[0]!, batchNormProgram(sizes, 'float32', alone, 1), feeds);
    assert.deepEqual([actual!['mean'], actual!['variance']], [feeds['x']!.data, new Float32Array(16)]);
    assert.ok(relativeError(actual!['y']!, feeds['offset']!.data as Float32Array) < TOLERANCE.float32);
    assert.ok(actual!['dx']!.every((value) => Math.abs(value) < 1e-6));
  });

  it('a ReLU does not hide a NaN: output, gradients and running statistics of its channel show it', async (t) => {
    for (const precision of PRECISIONS) {
      if (skipped(t, precision)) return;
      const withRelu: Pattern = { relu: true, shortcut: 'batchNorm' };
      const feeds = feedsFor(small, precision, withRelu);
      (feeds['x']!.data as Float32Array)[3] = NaN;
      const [actual] = await results(engines[0]!, batchNormProgram(small, precision, withRelu), feeds);
      for (const name of ['y', 'recomputed', 'dx', 'mean', 'variance', 'dscale'])
        actual![name]!.forEach((value, index) =>
          assert.equal(Number.isNaN(value), index % 16 === 3, `${name}[${index}]`),
        );
    }
  });

  it('a parameter that does not fit the input fails the run with a sentence, and the engine goes on', async (t) => {
    if (skipped(t, 'float32')) return;
    const g = new Graph();
    const [x, parameter] = [g.placeholder('x', 'float32', [1, 2, 2, 32]), g.placeholder('parameter', 'float32', [16])];
    const attrs = { T: attr.type('float32'), epsilon: attr.float(1e-3), fused_relu: attr.bool(false) };
    const y = g.op('SulcusRecomputedBatchNorm', [x, parameter, parameter, parameter, parameter], attrs, [x])[0]!;
    const loaded = await engines[0]!.load({
      graph: g,
      signatures: { run: { inputs: { x, parameter }, outputs: { y } } },
    });
    await assert.rejects(
      loaded.run('run', { x: float32(new Float32Array(128), x.shape), parameter: float32(new Float32Array(16)) }),
      /a parameter must have one value per channel/,
    );
    const [next] = await results(
      engines[0]!,
      batchNormProgram(small, 'float32', alone),
      feedsFor(small, 'float32', alone),
    );
    assert.ok(next!['y']!.every(Number.isFinite));
  });

  it('a side input without the ReLU behind it is refused, as TensorFlow refuses it', async (test) => {
    if (skipped(test, 'float32')) return;
    const g = new Graph();
    const [x, parameter] = [g.placeholder('x', 'float32', [1, 2, 2, 16]), g.placeholder('parameter', 'float32', [16])];
    const attrs = {
      T: attr.type('float32'),
      epsilon: attr.float(1e-3),
      exponential_avg_factor: attr.float(1),
      fused_relu: attr.bool(false),
      num_side_inputs: attr.int(1),
      num_moments: attr.int(0),
    };
    const inputs = [x, parameter, parameter, parameter, parameter, x];
    const outputs = [x, parameter, parameter, parameter, parameter];
    const y = g.op('SulcusFusedBatchNorm', inputs, attrs, outputs)[0]!;
    const loaded = await engines[0]!.load({
      graph: g,
      signatures: { run: { inputs: { x, parameter }, outputs: { y } } },
    });
    await assert.rejects(
      loaded.run('run', { x: float32(new Float32Array(64), x.shape), parameter: float32(new Float32Array(16)) }),
      /at most one side input, and that only with the ReLU fused/,
    );
  });
});
