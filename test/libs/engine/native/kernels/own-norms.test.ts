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
import { useOwnNorms } from '../../../../../libs/graph/passes/training/own-norms.js';
import { relativeError } from './_convolution.js';
import {
  exampleProgram,
  feedsFor,
  feedsOf,
  fromDefinition,
  normProgram,
  opsIn,
  OWN_OPS,
  type Example,
  type Form,
  type Precision,
  type Results,
  type Sizes,
} from './_norms.js';
import { float32 } from '../../../graph/_programs.js';

/** Two pixels, rows of one vector to sixteen, several chunks of rows with a smaller one at the end, and results so large that they are written past the cache. */
const SIZES: readonly Sizes[] = [
  [1, 1, 2, 16],
  [2, 3, 5, 16],
  [4, 7, 7, 48],
  [3, 5, 4, 80],
  [2, 9, 8, 256],
  [4, 64, 64, 128],
];

const FORMS: Readonly<Record<string, Form>> = {
  'a norm alone': { rectified: false },
  'a rectified norm': { rectified: true },
  'a rectified norm that three ops read': { rectified: true, readers: 3 },
  'the rectified sum of a norm and a shortcut': { rectified: true, shortcut: 'images' },
  'the rectified sum of two norms, read by two ops': { rectified: true, shortcut: 'norm', readers: 2 },
};

const PRECISIONS = ['float32', 'bfloat16'] as const;
/** Of the engines. Three are more than the small sizes have chunks for. */
const THREADS = [1, 3];

/** Root mean square errors of images. bfloat16: the result alone is rounded, to 8 bits, by at most 2⁻⁹ (2e-3); the norm that is a shortcut is so too. */
const TOLERANCE: Readonly<Record<Precision, number>> = { float32: 2e-6, bfloat16: 4e-3 };
/** Statistics, and gradients at scale and offset, are float32 in any case. */
const toleranceOf = (name: string, precision: Precision): number =>
  TOLERANCE[/^(y|again|dx2?|dshortcut)$/.test(name) ? precision : 'float32'];

type Build = (example: Example) => readonly Tensor[];
const NORM = ['SulcusFusedBatchNorm', 'SulcusFusedBatchNormGrad'];
const NORM_AND_RECTIFIER = [...NORM, 'SulcusAddNReluGrad'];

/** What a program does, and the ops it then holds. */
const EXAMPLES: Readonly<Record<string, readonly [build: Build, ops: readonly string[]]>> = {
  'a norm is one op, and its gradient another': [({ x, norm }) => [norm(x)], NORM],
  'the rectifier is part of the norm, and its gradient part of the gradient': [
    ({ g, x, norm }) => [relu(g, norm(x))],
    NORM,
  ],
  'the sum with a shortcut and its rectifier are part of the norm': [
    ({ g, x, shortcut, norm }) => [relu(g, add(g, shortcut, norm(x)))],
    NORM_AND_RECTIFIER,
  ],
  'where two norms meet, sum and rectifier are part of the later one': [
    ({ g, x, shortcut, norm }) => [relu(g, add(g, norm(x), norm(shortcut)))],
    NORM_AND_RECTIFIER,
  ],
  'a row of residual blocks needs no other op': [
    ({ g, x, shortcut, norm }) => [
      [1, 2, 3].reduce((y) => relu(g, add(g, norm(y), y)), relu(g, add(g, norm(x), shortcut))),
    ],
    NORM_AND_RECTIFIER,
  ],
  "two slopes are summed by the rectifier's gradient": [
    ({ g, x, shortcut, norm }) => [((y) => mul(g, y, y))(relu(g, add(g, norm(x), shortcut)))],
    NORM_AND_RECTIFIER,
  ],
  "three slopes are summed by the rectifier's gradient": [
    ({ g, x, shortcut, norm }) => [((y) => mul(g, mul(g, y, y), y))(relu(g, add(g, norm(x), shortcut)))],
    NORM_AND_RECTIFIER,
  ],
  'a rectifier behind no norm stays; its gradient is an own op': [
    ({ g, x, shortcut }) => [relu(g, add(g, x, shortcut))],
    ['SulcusAddNReluGrad', 'AddV2', 'Relu'],
  ],

  'the rectifier stays when another op reads the norm': [
    ({ g, x, norm }) => [((y) => mul(g, relu(g, y), y))(norm(x))],
    [...NORM_AND_RECTIFIER, 'AddV2', 'Relu'],
  ],
  'the rectifier stays when the norm is fetched': [
    ({ g, x, norm }) => ((y) => [relu(g, y), y])(norm(x)),
    [...NORM_AND_RECTIFIER, 'Relu'],
  ],
  'sum and rectifier stay when another op reads the norm': [
    ({ g, x, shortcut, norm }) => ((y) => [relu(g, add(g, y, shortcut)), square(g, y)])(norm(x)),
    [...NORM_AND_RECTIFIER, 'AddV2', 'Relu'],
  ],
  'sum and rectifier stay when another op reads the sum': [
    ({ g, x, shortcut, norm }) => ((y) => [relu(g, y), square(g, y)])(add(g, norm(x), shortcut)),
    [...NORM_AND_RECTIFIER, 'AddV2', 'Relu'],
  ],
  'sum and rectifier stay when the sum is fetched': [
    ({ g, x, shortcut, norm }) => ((y) => [relu(g, y), y])(add(g, norm(x), shortcut)),
    [...NORM_AND_RECTIFIER, 'AddV2', 'Relu'],
  ],
  'sum and rectifier stay when the norm is added to itself': [
    ({ g, x, norm }) => [((y) => relu(g, add(g, y, y)))(norm(x))],
    [...NORM_AND_RECTIFIER, 'AddV2', 'Relu'],
  ],
  'sum and rectifier stay when the other summand comes after the norm': [
    ({ g, x, shortcut, norm }) => [relu(g, add(g, norm(x), square(g, shortcut)))],
    [...NORM_AND_RECTIFIER, 'AddV2', 'Relu'],
  ],
  'sum and rectifier stay when the other summand is broadcast': [
    ({ g, x, row, norm }) => [relu(g, add(g, norm(x), row))],
    [...NORM_AND_RECTIFIER, 'AddV2', 'Relu'],
  ],
  'sum and rectifier stay when the norm is broadcast': [
    ({ g, x, shortcut, norm }) => [relu(g, add(g, norm(mean(g, x, [1, 2], true)), shortcut))],
    [...NORM_AND_RECTIFIER, 'AddV2', 'Relu'],
  ],
  'a rectifier that ends at 6 stays': [({ g, x, norm }) => [relu6(g, norm(x))], [...NORM, 'Relu6', 'Relu6Grad']],
  'a sum before a rectifier that ends at 6 stays': [
    ({ g, x, shortcut, norm }) => [relu6(g, add(g, norm(x), shortcut))],
    [...NORM, 'AddV2', 'Relu6', 'Relu6Grad'],
  ],
  "the rectifier's gradient stays an op when its result is fetched": [
    ({ g, x, norm, want }) => [((y) => (want(y), relu(g, y)))(norm(x))],
    NORM_AND_RECTIFIER,
  ],
  'the sum of slopes stays when it is fetched': [
    ({ g, x, shortcut, norm, want }) => [((y) => (want(y), mul(g, y, y)))(relu(g, add(g, norm(x), shortcut)))],
    [...NORM_AND_RECTIFIER, 'AddV2'],
  ],
  'a norm of inference stays': [({ x, norm }) => [norm(x, false)], ['FusedBatchNormV3', 'FusedBatchNormGradV3']],
  'a norm of inference stays beside one of training': [
    ({ g, x, norm }) => [relu(g, norm(norm(x), false))],
    [...NORM_AND_RECTIFIER, 'FusedBatchNormV3', 'FusedBatchNormGradV3', 'Relu'],
  ],
};

describe('which ops of a training program become own ones', () => {
  const norms = ['float32', 'bfloat16'];

  for (const [title, [build, ops]] of Object.entries(EXAMPLES)) {
    it(title, () => {
      for (const precision of PRECISIONS)
        assert.deepEqual(opsIn(serializeProgram(exampleProgram(build, precision), { norms })), ops, precision);
    });
  }

  const block: Build = ({ g, x, shortcut, norm }) => [relu(g, add(g, norm(relu(g, norm(x))), shortcut))];

  it('none in a type that the engine has no kernels for', () => {
    for (const precision of PRECISIONS)
      assert.deepEqual(
        opsIn(
          serializeProgram(exampleProgram(block, precision), { norms: norms.filter((type) => type !== precision) }),
          OWN_OPS,
        ),
        [],
      );
    assert.deepEqual(opsIn(serializeProgram(exampleProgram(block)), OWN_OPS), []);
  });

  it('none with channels that are no multiple of 16', () => {
    assert.deepEqual(opsIn(serializeProgram(exampleProgram(block, 'float32', 24), { norms }), OWN_OPS), []);
  });

  it('what is fetched is not computed once more as part of a gradient', () => {
    const attributeOf = (title: string, type: string, name: string): unknown =>
      useOwnNorms(exampleProgram(EXAMPLES[title]![0]), norms).graph.nodes.find((node) => node.type === type)!.attrs[
        name
      ]!.value;
    assert.equal(
      attributeOf(
        "the rectifier's gradient stays an op when its result is fetched",
        'SulcusFusedBatchNormGrad',
        'fused_relu',
      ),
      false,
    );
    assert.equal(attributeOf('the sum of slopes stays when it is fetched', 'SulcusAddNReluGrad', 'N'), 1);
  });

  it('a sum that no entry point needs does not become part of a norm that one does', () => {
    const { graph, entryPoints } = exampleProgram(({ g, x, shortcut, norm }) => [
      relu(g, add(g, square(g, shortcut), norm(x))),
    ]);
    const norm = graph.nodes.find(({ type }) => type === 'FusedBatchNormV3')!;
    const program = {
      graph,
      entryPoints: {
        run: { ...entryPoints['run']!, outputs: { mean: { node: norm.name, output: 1, ...norm.outputs[1]! } } },
      },
    };
    assert.deepEqual(opsIn(serializeProgram(program, { norms })), [NORM[0]]);
  });

  it('a norm of inference stays that is given the running statistics of one of training', () => {
    const g = new Graph();
    const [x, row] = [g.placeholder('x', 'float32', [2, 3, 4, 16]), g.placeholder('row', 'float32', [16])];
    const { batchMean, batchVariance } = fusedBatchNorm(g, x, row, row, row, row, { epsilon: 1e-3, training: true });
    const { y } = fusedBatchNorm(g, x, row, row, batchMean, batchVariance, { epsilon: 1e-3, training: false });
    const [dx] = gradients(g, sum(g, y), [x]) as [Tensor];
    assert.deepEqual(
      opsIn(
        serializeProgram({ graph: g, entryPoints: { run: { inputs: { x, row }, outputs: { y, dx } } } }, { norms }),
      ),
      [NORM[0], 'FusedBatchNormV3', 'FusedBatchNormGradV3'],
    );
  });

  it('what the backward pass computes again is an own op too', () => {
    const again: Build = ({ g, x, shortcut, norm, want }) => (want(shortcut), [mul(g, relu(g, norm(x)), shortcut)]);
    assert.deepEqual(opsIn(serializeProgram(exampleProgram(again), { norms, oneDnn: true })), [
      NORM[0],
      'SulcusRecomputedBatchNorm',
      NORM[1],
    ]);
  });
});

describe('batch norms of training by our own kernels', () => {
  let engines: readonly Engine[];
  before(async () => {
    engines = await Promise.all(THREADS.map((threads) => startEngine({ label: 'test', threads })));
  });
  after(() => Promise.all(engines.map((engine) => engine.close())));

  /** Whether the test is skipped, because this engine would run TensorFlow's ops. */
  const skipped = (test: TestContext, precision: Precision): boolean =>
    !engines[0]!.info.norms.includes(precision) &&
    (test.skip(`the engine has no kernels of ours for ${precision}`), true);

  /** The results of some runs, one after the other. */
  async function results(
    engine: Engine,
    program: Program,
    feeds: Readonly<Record<string, TensorValue>>,
    { own = true, oneDnn = engine.info.oneDnn, runs = 1 } = {},
  ): Promise<Results<Float32Array>[]> {
    const loaded = await engine.load(serializeProgram(program, { oneDnn, norms: own ? engine.info.norms : [] }));
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
    for (const [form, shape] of Object.entries(FORMS)) {
      it(`${precision}, ${form}: results, statistics and gradients are the definition's within rounding, the same bits on every run, whatever the number of threads`, async (test) => {
        if (skipped(test, precision)) return;
        for (const sizes of SIZES) {
          const [program, feeds] = [normProgram(sizes, precision, shape), feedsFor(sizes, precision, shape)];
          const [first, ...others] = (
            await Promise.all(engines.map((engine) => results(engine, program, feeds, { runs: 2 })))
          ).flat();
          const expected = fromDefinition(sizes, shape, feeds, first!['y']!);
          assert.deepEqual(Object.keys(first!).sort(), Object.keys(expected).sort());
          for (const [name, values] of Object.entries(expected)) {
            const error = relativeError(first![name]!, values);
            assert.ok(error < toleranceOf(name, precision), `[${sizes.join(', ')}] ${name}: ${error}`);
          }
          for (const other of others) assert.deepEqual(differing(other, first!), [], `[${sizes.join(', ')}]`);
          assert.deepEqual(first!['again'], first!['y']);
        }
      });
    }
  }

  it("all programs of the rules above compute what they do by TensorFlow's ops, in the form for oneDNN too", async (test) => {
    if (skipped(test, 'float32')) return;
    for (const [title, [build]] of Object.entries(EXAMPLES)) {
      const program = exampleProgram(build);
      const feeds = feedsOf(program);
      const [[expected], ...forms] = [
        await results(engines[0]!, program, feeds, { own: false, oneDnn: false }),
        await results(engines[0]!, program, feeds),
        await results(engines[0]!, program, feeds, { oneDnn: false }),
      ];
      for (const [actual] of forms)
        for (const [name, values] of Object.entries(expected!))
          assert.ok(relativeError(actual![name]!, values) < 1e-5, `${title}: ${name}`);
    }
  });

  const alone: Form = { rectified: false };
  const small: Sizes = [2, 3, 5, 16];
  it('with weight 1 the running statistics are those of the batch, even where the old ones are no numbers', async (test) => {
    if (skipped(test, 'float32')) return;
    const feeds = feedsFor(small, 'float32', alone);
    const none = float32(new Float32Array(16).fill(NaN));
    const [actual] = await results(engines[0]!, normProgram(small, 'float32', alone, 1), {
      ...feeds,
      mean: none,
      variance: none,
    });
    const expected = fromDefinition(small, alone, feeds, actual!['y']!, 1);
    for (const name of ['mean', 'variance'])
      assert.ok(relativeError(actual![name]!, expected[name]!) < TOLERANCE.float32, name);
  });

  it('the variance of values that differ little from a large mean is accurate', async (test) => {
    if (skipped(test, 'float32')) return;
    const sizes: Sizes = [4, 64, 64, 16];
    const random = createRandom(1, 'large mean');
    const feeds = {
      ...feedsFor(sizes, 'float32', alone),
      x: float32(
        Float32Array.from({ length: 4 * 64 * 64 * 16 }, () => 1000 + 0.01 * random.normal()),
        sizes,
      ),
    };
    const [actual] = await results(engines[0]!, normProgram(sizes, 'float32', alone, 1), feeds);
    const expected = fromDefinition(sizes, alone, feeds, actual!['y']!, 1);
    // The mean of squares less the square of the mean would be wrong by hundreds of times the variance: 1000² · 2⁻²⁴ is 0.06.
    assert.ok(relativeError(actual!['variance']!, expected['variance']!) < TOLERANCE.float32);
  });

  it('a single pixel has variance 0, and no slope', async (test) => {
    if (skipped(test, 'float32')) return;
    const sizes: Sizes = [1, 1, 1, 16];
    const feeds = feedsFor(sizes, 'float32', alone);
    const [actual] = await results(engines[0]!, normProgram(sizes, 'float32', alone, 1), feeds);
    assert.deepEqual([actual!['mean'], actual!['variance']], [feeds['x']!.data, new Float32Array(16)]);
    assert.ok(relativeError(actual!['y']!, feeds['offset']!.data as Float32Array) < TOLERANCE.float32);
    assert.ok(actual!['dx']!.every((slope) => Math.abs(slope) < 1e-6));
  });

  it('a rectifier does not hide what is no number: the result, the gradients and the running statistics of its channel show it', async (test) => {
    for (const precision of PRECISIONS) {
      if (skipped(test, precision)) return;
      const rectified: Form = { rectified: true, shortcut: 'norm' };
      const feeds = feedsFor(small, precision, rectified);
      (feeds['x']!.data as Float32Array)[3] = NaN;
      const [actual] = await results(engines[0]!, normProgram(small, precision, rectified), feeds);
      for (const name of ['y', 'again', 'dx', 'mean', 'variance', 'dscale'])
        actual![name]!.forEach((value, index) =>
          assert.equal(Number.isNaN(value), index % 16 === 3, `${name}[${index}]`),
        );
    }
  });

  it('a parameter that does not fit the images fails the run with a sentence, and the engine goes on', async (test) => {
    if (skipped(test, 'float32')) return;
    const g = new Graph();
    const [x, parameter] = [g.placeholder('x', 'float32', [1, 2, 2, 32]), g.placeholder('parameter', 'float32', [16])];
    const attrs = { T: attr.type('float32'), epsilon: attr.float(1e-3), fused_relu: attr.bool(false) };
    const y = g.op('SulcusRecomputedBatchNorm', [x, parameter, parameter, parameter, parameter], attrs, [x])[0]!;
    const loaded = await engines[0]!.load({
      graph: g,
      entryPoints: { run: { inputs: { x, parameter }, outputs: { y } } },
    });
    await assert.rejects(
      loaded.run('run', { x: float32(new Float32Array(128), x.shape), parameter: float32(new Float32Array(16)) }),
      /a parameter must have one value per channel/,
    );
    const [next] = await results(engines[0]!, normProgram(small, 'float32', alone), feedsFor(small, 'float32', alone));
    assert.ok(next!['y']!.every(Number.isFinite));
  });
});
