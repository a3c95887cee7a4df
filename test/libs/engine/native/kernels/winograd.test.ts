import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import {
  attr,
  biasAdd,
  conv2d,
  dataOf,
  Graph,
  relu,
  serializeProgram,
  type ConvolutionOptions,
  type Program,
  type SerializedProgram,
  type Tensor,
} from '#libs/graph';
import {
  convolutionProgram,
  convolutionByDefinition,
  feedsFor,
  relativeError,
  type Precision,
  type Results,
  type Sizes,
} from './_convolution.js';
import { float32, opsIn as findOps } from '../../../graph/_programs.js';

const SAME: ConvolutionOptions = { strides: 1, padding: 'SAME' };
const RESULTS = ['y', 'dx', 'dFilter'] as const;

/**
 * Inputs smaller than a tile of 4 × 4 and no multiple of it, every width of a panel of channels, many tiles, and
 * filters too large for one core's cache.
 */
const SIZES: readonly Sizes[] = [
  [1, 1, 1, 16, 16],
  [2, 3, 5, 48, 80],
  [3, 7, 7, 16, 48],
  [2, 13, 9, 80, 16],
  [1, 4, 4, 128, 32],
  [2, 7, 7, 256, 16],
  [3, 30, 33, 64, 16],
  [4, 13, 13, 144, 128],
  [1, 5, 5, 64, 1024],
];

/** Of the engines. Five are more than some of the loops have items for. */
const THREADS = [2, 1, 5];

/**
 * Root mean square errors. float32: rounding by 2⁻²⁴ (6e-8), made larger by the transforms and by sums over many
 * channels. bfloat16: the output alone is rounded, to 8 bits: by at most 2⁻⁹ (2e-3), and TensorFlow's too.
 */
const TOLERANCE: Readonly<Record<Precision, number>> = { float32: 1e-5, bfloat16: 4e-3 };

const CUSTOM = ['SulcusWinogradConv2D', 'SulcusWinogradConv2DBackpropInput', 'SulcusWinogradConv2DBackpropFilter'];
const TENSORFLOWS = ['Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter'];

const opsIn = (program: SerializedProgram, ops: readonly string[] = [...CUSTOM, ...TENSORFLOWS]): string[] =>
  findOps(program, ops);

describe("which convolutions go by Winograd's method", () => {
  const customConvolutionTypes = ['float32', 'bfloat16'];
  it('3 × 3 kernels at stride 1 with padding SAME, in the types that the engine has custom ops for', () => {
    for (const precision of ['float32', 'bfloat16'] as const) {
      const program = convolutionProgram([-1, 8, 8, 32, 16], precision, 3, SAME);
      assert.deepEqual(opsIn(serializeProgram(program, { customConvolutionTypes })), CUSTOM);
      assert.deepEqual(opsIn(serializeProgram(program, { customConvolutionTypes, oneDnn: true })), CUSTOM);
      assert.deepEqual(
        opsIn(
          serializeProgram(program, {
            customConvolutionTypes: customConvolutionTypes.filter((type) => type !== precision),
          }),
        ),
        TENSORFLOWS,
      );
      assert.deepEqual(opsIn(serializeProgram(program)), TENSORFLOWS);
    }
  });
});

/** A convolution of [2, 5, 6, 32] to 48 channels and what `after` puts behind it. */
function biasedProgram(after: (g: Graph, y: Tensor, bias: Tensor) => Tensor[]): Program {
  const g = new Graph();
  const [x, filter] = [
    g.placeholder('x', 'float32', [2, 5, 6, 32]),
    g.placeholder('filter', 'float32', [3, 3, 32, 48]),
  ];
  const y = conv2d(g, x, filter, SAME);
  const bias = g.placeholder('bias', 'float32', [48]);
  const outputs = after(g, y, bias);
  return {
    graph: g,
    signatures: {
      run: {
        inputs: { x, filter, bias },
        outputs: Object.fromEntries(outputs.map((output, index) => [`y${index}`, output])),
      },
    },
  };
}

/** What follows a convolution, and which of these ops are left when the custom op has taken in what it can. */
const BIASED: Readonly<
  Record<string, readonly [after: (g: Graph, y: Tensor, bias: Tensor) => Tensor[], left: string[]]>
> = {
  'a bias': [(g, y, bias) => [biasAdd(g, y, bias)], []],
  'a bias and a ReLU': [(g, y, bias) => [relu(g, biasAdd(g, y, bias))], []],
  'a bias whose sum is read besides': [
    (g, y, bias) => [relu(g, biasAdd(g, y, bias)), biasAdd(g, y, bias)],
    ['BiasAdd', 'Relu'],
  ],
  'a bias and a ReLU, the sum fetched': [(g, y, bias) => ((sum) => [relu(g, sum), sum])(biasAdd(g, y, bias)), ['Relu']],
  'a ReLU without a bias': [(g, y, bias) => [relu(g, y), relu(g, bias)], ['Relu']],
};

describe("convolutions by Winograd's method", () => {
  let engines: readonly Engine[];
  before(async () => {
    engines = await Promise.all(THREADS.map((threads) => startEngine({ label: 'test', threads })));
  });
  after(() => Promise.all(engines.map((engine) => engine.close())));

  /** Whether the test is skipped, because this engine would run TensorFlow's ops. */
  function skipped(t: TestContext, precision: Precision): boolean {
    const missing = !engines[0]!.info.customConvolutionTypes.includes(precision);
    if (missing) t.skip(`the engine has no custom ops for ${precision}`);
    return missing;
  }

  /** The results of some runs, one after the other. */
  async function results(
    engine: Engine,
    sizes: Sizes,
    precision: Precision,
    { custom = true, runs = 1 } = {},
  ): Promise<Results<Float32Array>[]> {
    const { oneDnn, customConvolutionTypes } = engine.info;
    const loaded = await engine.load(
      serializeProgram(convolutionProgram(sizes, precision, 3, SAME), {
        oneDnn,
        customConvolutionTypes: custom ? customConvolutionTypes : [],
      }),
    );
    const feeds = feedsFor(sizes, precision);
    const all: Results<Float32Array>[] = [];
    for (let run = 0; run < runs; run++) {
      const { y, dx, dFilter } = await loaded.run('run', feeds);
      all.push({ y: dataOf(y, 'float32'), dx: dataOf(dx, 'float32'), dFilter: dataOf(dFilter, 'float32') });
    }
    await loaded.unload();
    return all;
  }

  const bits = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);
  const haveSameBits = (some: Results<Float32Array>, others: Results<Float32Array>): boolean =>
    RESULTS.every((name) => Buffer.compare(bits(some[name]), bits(others[name])) === 0);

  for (const precision of ['float32', 'bfloat16'] as const) {
    for (const sizes of SIZES) {
      const title = `${precision}, [${sizes.slice(0, 4).join(', ')}] to ${sizes[4]} channels`;

      it(`${title}: the definition's numbers and TensorFlow's, within rounding`, async (t) => {
        if (skipped(t, precision)) return;
        const [[actual], [tensorflows]] = await Promise.all([
          results(engines[0]!, sizes, precision),
          results(engines[0]!, sizes, precision, { custom: false }),
        ]);
        const expected = convolutionByDefinition(sizes, feedsFor(sizes, precision));
        for (const name of RESULTS) {
          const errors = [
            relativeError(actual![name], expected[name]),
            relativeError(actual![name], tensorflows![name]),
          ];
          assert.ok(
            errors.every((error) => error < TOLERANCE[precision]),
            `${name}: ${errors.join(' and ')}`,
          );
        }
      });

      it(`${title}: the same bits on every run, whatever the number of threads`, async (t) => {
        if (skipped(t, precision)) return;
        const runs = (
          await Promise.all(engines.map((engine) => results(engine, sizes, precision, { runs: 3 })))
        ).flat();
        runs.forEach((run, index) =>
          assert.ok(haveSameBits(run, runs[0]!), `run ${index % 3} on ${THREADS[Math.floor(index / 3)]} threads`),
        );
      });
    }

    it(`${precision}: a batch without images has an empty output, and the filter's gradient is 0`, async (t) => {
      if (skipped(t, precision)) return;
      const loaded = await engines[0]!.load(convolutionProgram([-1, 4, 4, 16, 32], precision, 3, SAME));
      const { y, dx, dFilter } = await loaded.run('run', feedsFor([0, 4, 4, 16, 32], precision));
      assert.deepEqual(
        [y!.shape, dx!.shape],
        [
          [0, 4, 4, 32],
          [0, 4, 4, 16],
        ],
      );
      assert.deepEqual(dataOf(dFilter, 'float32'), new Float32Array(3 * 3 * 16 * 32));
    });
  }

  it('a filter that does not fit the input fails the run with a sentence, and the engine goes on', async (t) => {
    if (skipped(t, 'float32')) return;
    const g = new Graph();
    const [x, filter] = [
      g.placeholder('x', 'float32', [1, 4, 4, 32]),
      g.placeholder('filter', 'float32', [3, 3, 16, 16]),
    ];
    const y = g.op(
      'SulcusWinogradConv2D',
      [x, filter],
      { T: attr.type('float32'), fused_relu: attr.bool(false), num_biases: attr.int(0) },
      [{ dtype: 'float32', shape: [1, 4, 4, 16] }],
    )[0]!;
    const loaded = await engines[0]!.load({
      graph: g,
      signatures: { run: { inputs: { x, filter }, outputs: { y } } },
    });
    await assert.rejects(
      loaded.run('run', {
        x: float32(new Float32Array(16 * 32), x.shape),
        filter: float32(new Float32Array(9 * 256), filter.shape),
      }),
      /the activations have 32 channels, the filter is for 16/,
    );
    const sizes: Sizes = [1, 1, 1, 16, 16];
    const [{ y: next }] = (await results(engines[0]!, sizes, 'float32')) as [Results<Float32Array>];
    assert.ok(next.every(Number.isFinite));
  });

  for (const [title, [after, left]] of Object.entries(BIASED)) {
    it(`${title}: fused into the convolution before it where nothing else reads what is in between`, async (t) => {
      if (skipped(t, 'float32')) return;
      const program = biasedProgram(after);
      const custom = serializeProgram(program, { customConvolutionTypes: ['float32'] });
      assert.deepEqual(opsIn(custom, ['Conv2D', 'BiasAdd', 'Relu']), left);
      const { x, filter, dy } = feedsFor([2, 5, 6, 32, 48], 'float32');
      const feeds = { x, filter, bias: float32((dy.data as Float32Array).slice(0, 48), [48]) };
      const [actual, expected] = await Promise.all(
        [custom, serializeProgram(program)].map(
          async (serialized) => await (await engines[0]!.load(serialized)).run('run', feeds),
        ),
      );
      for (const name of Object.keys(expected!))
        assert.ok(
          relativeError(dataOf(actual![name], 'float32'), dataOf(expected![name], 'float32')) < TOLERANCE.float32,
          name,
        );
    });
  }
});
