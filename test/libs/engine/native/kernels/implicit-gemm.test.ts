import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import {
  attr,
  cast,
  conv2d,
  dataOf,
  fusedBatchNorm,
  Graph,
  gradients,
  mul,
  pad,
  relu,
  serializeProgram,
  sum,
  type ConvolutionOptions,
  type Program,
  type SerializedProgram,
  type Tensor,
} from '#libs/graph';
import {
  convolutionByDefinition,
  convolutionProgram,
  feedsFor,
  relativeError,
  type Precision,
  type Results,
  type Sizes,
  type Window,
} from './_convolution.js';
import { float32, opsIn as findOps } from '../../../graph/_programs.js';

const CUSTOM = ['SulcusConv2D', 'SulcusConv2DBackpropInput', 'SulcusConv2DBackpropFilter'];
const TENSORFLOWS = ['Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter'];
const AROUND = ['Pad', 'Slice'];
const RESULTS = ['y', 'dx', 'dFilter'] as const;
const PRECISIONS = ['float32', 'bfloat16'] as const;

/**
 * Root mean square errors. float32: sums of many products, each rounded by 2⁻²⁴. bfloat16: the output alone is rounded,
 * by at most 2⁻⁹.
 */
const TOLERANCE: Readonly<Record<Precision, number>> = { float32: 2e-5, bfloat16: 4e-3 };

/** Of the engines. Five are more than some of the loops have items for. */
const THREADS = [2, 1, 5];

const opsIn = (program: SerializedProgram, ops: readonly string[] = [...CUSTOM, ...TENSORFLOWS, ...AROUND]): string[] =>
  findOps(program, ops);

/**
 * `run` of {@link convolutionProgram} with zeros around the input that the graph adds, as torch's padding is expressed.
 */
function paddedProgram(
  [batch, height, width, inChannels, outChannels]: Sizes,
  precision: Precision,
  { kernelSize, stride, before: zeros }: Pick<Window, 'kernelSize' | 'stride' | 'before'>,
): Program {
  const g = new Graph();
  const x = g.placeholder('x', 'float32', [batch, height, width, inChannels]);
  const filter = g.placeholder('filter', 'float32', [kernelSize, kernelSize, inChannels, outChannels]);
  const padded = pad(g, cast(g, x, precision), [
    [0, 0],
    [zeros, zeros],
    [zeros, zeros],
    [0, 0],
  ]);
  const y = cast(g, conv2d(g, padded, cast(g, filter, precision), { strides: stride, padding: 'VALID' }), 'float32');
  const dy = g.placeholder('dy', 'float32', y.shape);
  const [dx, dFilter] = gradients(g, sum(g, mul(g, y, dy)), [x, filter]);
  return { graph: g, signatures: { run: { inputs: { x, filter, dy }, outputs: { y, dx: dx!, dFilter: dFilter! } } } };
}

describe('which convolutions run as matrix products', () => {
  const customConvolutionTypes = PRECISIONS;
  const sizes: Sizes = [-1, 8, 8, 32, 16];

  const supported: Readonly<Record<string, readonly [kernelSize: number, options: ConvolutionOptions]>> = {
    'a 1 × 1 kernel': [1, { padding: 'SAME' }],
    'a 1 × 1 kernel at stride 2': [1, { padding: 'VALID', strides: 2 }],
    'stride 2': [3, { padding: 'SAME', strides: 2 }],
    'stride 2 down only': [3, { padding: 'SAME', strides: [2, 1] }],
    'a 5 × 5 kernel': [5, { padding: 'SAME' }],
    'a 3 × 3 kernel without padding': [3, { padding: 'VALID' }],
  };
  for (const [title, [kernelSize, options]] of Object.entries(supported)) {
    it(`with ${title}, and their gradients, in the types that the engine has custom ops for`, () => {
      for (const precision of PRECISIONS) {
        const program = convolutionProgram(sizes, precision, kernelSize, options);
        assert.deepEqual(opsIn(serializeProgram(program, { customConvolutionTypes })), CUSTOM);
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
  }

  it('the padding before them and the slice behind their gradient are part of them', () => {
    const program = paddedProgram(sizes, 'float32', { kernelSize: 3, stride: 2, before: 1 });
    assert.deepEqual(opsIn(serializeProgram(program)), [...TENSORFLOWS, ...AROUND]);
    assert.deepEqual(opsIn(serializeProgram(program, { customConvolutionTypes })), CUSTOM);
  });

  const others: Readonly<Record<string, readonly [sizes: Sizes, kernelSize: number, options: ConvolutionOptions]>> = {
    'a dilated kernel': [sizes, 3, { padding: 'SAME', dilations: 2 }],
    'input channels that are no multiple of 16': [[-1, 8, 8, 24, 16], 1, { padding: 'SAME' }],
    'output channels that are no multiple of 16': [[-1, 8, 8, 16, 24], 3, { padding: 'SAME' }],
    'an input of unknown height': [[1, -1, 8, 16, 16], 1, { padding: 'SAME' }],
  };
  for (const [title, [these, kernelSize, options]] of Object.entries(others)) {
    it(`not with ${title}: TensorFlow's ops stay`, () => {
      assert.deepEqual(
        opsIn(serializeProgram(convolutionProgram(these, 'float32', kernelSize, options), { customConvolutionTypes }), [
          ...CUSTOM,
          ...TENSORFLOWS,
        ]),
        TENSORFLOWS,
      );
    });
  }
});

/**
 * By what they try: strides that leave pixels out, windows beyond the input, every width of a panel, many chunks of
 * pixels, and filters that threads divide among them.
 */
const CASES: Readonly<Record<string, readonly [sizes: Sizes, window: Window]>> = {
  'one pixel': [[1, 1, 1, 16, 16], { kernelSize: 1, stride: 1, before: 0, output: [1, 1] }],
  '1 × 1, odd sizes': [[3, 5, 7, 48, 80], { kernelSize: 1, stride: 1, before: 0, output: [5, 7] }],
  '1 × 1, many pixels': [[4, 23, 19, 64, 112], { kernelSize: 1, stride: 1, before: 0, output: [23, 19] }],
  '1 × 1, many channels': [[2, 7, 7, 512, 1040], { kernelSize: 1, stride: 1, before: 0, output: [7, 7] }],
  '1 × 1 at stride 2': [[2, 9, 8, 32, 64], { kernelSize: 1, stride: 2, before: 0, output: [5, 4] }],
  '3 × 3 at stride 2, zeros around': [[2, 13, 9, 80, 16], { kernelSize: 3, stride: 2, before: 1, output: [7, 5] }],
  '3 × 3 at stride 2, many channels': [[1, 6, 6, 256, 192], { kernelSize: 3, stride: 2, before: 1, output: [3, 3] }],
  '3 × 3 at stride 2, many pixels': [[3, 40, 38, 16, 32], { kernelSize: 3, stride: 2, before: 1, output: [20, 19] }],
  '5 × 5, more zeros than pixels': [[2, 2, 3, 16, 48], { kernelSize: 5, stride: 1, before: 2, output: [2, 3] }],
  '2 × 2 at stride 3: pixels that no window reaches': [
    [2, 8, 9, 32, 16],
    { kernelSize: 2, stride: 3, before: 0, output: [3, 3] },
  ],
  '7 × 7 at stride 2': [[1, 15, 14, 16, 64], { kernelSize: 7, stride: 2, before: 3, output: [8, 7] }],
};

describe('convolutions as matrix products', () => {
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

  async function results(
    engine: Engine,
    sizes: Sizes,
    precision: Precision,
    window: Window,
    { custom = true, runs = 1 } = {},
  ): Promise<Results<Float32Array>[]> {
    const { oneDnn, customConvolutionTypes } = engine.info;
    const loaded = await engine.load(
      serializeProgram(paddedProgram(sizes, precision, window), {
        oneDnn,
        customConvolutionTypes: custom ? customConvolutionTypes : [],
      }),
    );
    const all: Results<Float32Array>[] = [];
    for (let run = 0; run < runs; run++) {
      const { y, dx, dFilter } = await loaded.run('run', feedsFor(sizes, precision, window));
      all.push({ y: dataOf(y, 'float32'), dx: dataOf(dx, 'float32'), dFilter: dataOf(dFilter, 'float32') });
    }
    await loaded.unload();
    return all;
  }

  for (const precision of PRECISIONS) {
    for (const [title, [sizes, window]] of Object.entries(CASES)) {
      it(`${precision}, ${title}: the definition's numbers and TensorFlow's, within rounding`, async (t) => {
        if (skipped(t, precision)) return;
        const [[actual], [tensorflows]] = await Promise.all([
          results(engines[0]!, sizes, precision, window),
          results(engines[0]!, sizes, precision, window, { custom: false }),
        ]);
        const expected = convolutionByDefinition(sizes, feedsFor(sizes, precision, window), window);
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

      it(`${precision}, ${title}: the same bits on every run, whatever the number of threads`, async (t) => {
        if (skipped(t, precision)) return;
        const runs = (
          await Promise.all(engines.map((engine) => results(engine, sizes, precision, window, { runs: 2 })))
        ).flat();
        const bits = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
          new Uint8Array(buffer, byteOffset, byteLength);
        for (const [index, run] of runs.entries()) {
          for (const name of RESULTS)
            assert.equal(
              Buffer.compare(bits(run[name]), bits(runs[0]![name])),
              0,
              `${name}, run ${index % 2} on ${THREADS[Math.floor(index / 2)]} threads`,
            );
        }
      });
    }

    it(`${precision}: a batch without images has an empty output, and the filter's gradient is 0`, async (t) => {
      if (skipped(t, precision)) return;
      const loaded = await engines[0]!.load(
        convolutionProgram([-1, 4, 4, 16, 32], precision, 3, { padding: 'SAME', strides: 2 }),
      );
      const { y, dx, dFilter } = await loaded.run(
        'run',
        feedsFor([0, 4, 4, 16, 32], precision, { kernelSize: 3, stride: 2, before: 0, output: [2, 2] }),
      );
      assert.deepEqual(
        [y!.shape, dx!.shape],
        [
          [0, 2, 2, 32],
          [0, 4, 4, 16],
        ],
      );
      assert.deepEqual(dataOf(dFilter, 'float32'), new Float32Array(3 * 3 * 16 * 32));
    });
  }

  /**
   * A convolution, a batch norm of training behind it, and a ReLU: fetches its output and the new running statistics.
   */
  function batchNormProgram(
    [batch, height, width, inChannels, outChannels]: Sizes,
    precision: Precision,
    { kernelSize, stride, before: zeros }: Window,
  ): Program {
    const g = new Graph();
    const x = g.placeholder('x', 'float32', [batch, height, width, inChannels]);
    const filter = g.placeholder('filter', 'float32', [kernelSize, kernelSize, inChannels, outChannels]);
    const padded = pad(g, cast(g, x, precision), [
      [0, 0],
      [zeros, zeros],
      [zeros, zeros],
      [0, 0],
    ]);
    const convolved = conv2d(g, padded, cast(g, filter, precision), { strides: stride, padding: 'VALID' });
    const values = (value: number): Tensor => g.constant(new Array<number>(outChannels).fill(value));
    const normalised = fusedBatchNorm(g, convolved, values(1.5), values(0.25), values(0), values(1), {
      epsilon: 1e-3,
      training: true,
      momentum: 0.25,
    });
    const outputs = {
      y: cast(g, relu(g, normalised.y), 'float32'),
      mean: normalised.batchMean,
      variance: normalised.batchVariance,
    };
    return { graph: g, signatures: { run: { inputs: { x, filter }, outputs } } };
  }

  for (const precision of PRECISIONS) {
    for (const [title, [sizes, window]] of Object.entries(CASES).filter(
      ([
        ,
        [
          [batch],
          {
            output: [height, width],
          },
        ],
      ]) => batch * height * width > 1,
    )) {
      it(`${precision}, ${title}: with the statistics for the batch norm behind it`, async (t) => {
        if (skipped(t, precision)) return;
        const program = batchNormProgram(sizes, precision, window);
        const custom = serializeProgram(program, engines[0]!.info);
        assert.deepEqual(
          opsIn(custom, ['SulcusConv2DWithMoments', 'SulcusFusedBatchNorm', 'Conv2D', 'FusedBatchNormV3']),
          ['SulcusConv2DWithMoments', 'SulcusFusedBatchNorm'],
        );
        const { x, filter } = feedsFor(sizes, precision, window);
        const run = async (engine: Engine, serialized: SerializedProgram) =>
          await (await engine.load(serialized)).run('run', { x, filter });
        const [tensorflows, ...runs] = await Promise.all([
          run(engines[0]!, serializeProgram(program)),
          ...engines.map((engine) => run(engine, custom)),
        ]);
        for (const name of ['y', 'mean', 'variance']) {
          const [actual, expected] = [dataOf(runs[0]![name], 'float32'), dataOf(tensorflows[name], 'float32')];
          assert.ok(
            relativeError(actual, expected) < TOLERANCE[precision],
            `${name}: ${relativeError(actual, expected)}`,
          );
          for (const [index, other] of runs.entries())
            assert.deepEqual(dataOf(other[name], 'float32'), actual, `${name} on ${THREADS[index]} threads`);
        }
      });
    }
  }

  it('the variance of a convolution whose outputs differ little from a large mean is accurate', async (t) => {
    if (skipped(t, 'float32')) return;
    const [batch, size, channels, mean] = [4, 16, 16, 1000];
    const g = new Graph();
    const [x, filter] = [
      g.placeholder('x', 'float32', [batch, size, size, channels]),
      g.placeholder('filter', 'float32', [1, 1, channels, channels]),
    ];
    const values = (value: number): Tensor => g.constant(new Array<number>(channels).fill(value));
    const { batchMean, batchVariance } = fusedBatchNorm(
      g,
      conv2d(g, x, filter, { padding: 'SAME' }),
      values(1),
      values(0),
      values(0),
      values(1),
      { epsilon: 1e-3, training: true, momentum: 1 },
    );
    const loaded = await engines[0]!.load({
      graph: g,
      signatures: { run: { inputs: { x, filter }, outputs: { batchMean, batchVariance } } },
    });
    // The filter passes every channel on. Values are exact in float32: the mean and steps of 1/8 around it.
    const identity = Float32Array.from({ length: channels * channels }, (_, index) =>
      index % (channels + 1) === 0 ? 1 : 0,
    );
    const pixels = Float32Array.from(
      { length: batch * size * size * channels },
      (_, index) => mean + ((index * 7) % 13) / 8,
    );
    const fetched = await loaded.run('run', { x: float32(pixels, x.shape), filter: float32(identity, filter.shape) });
    for (let channel = 0; channel < channels; channel++) {
      const values = Array.from({ length: batch * size * size }, (_, row) => pixels[row * channels + channel]!);
      const average = values.reduce((sum, value) => sum + value, 0) / values.length;
      // The running variance gathers the unbiased estimate.
      const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1);
      assert.ok(Math.abs(dataOf(fetched['batchMean'], 'float32')[channel]! - average) < 1e-4);
      assert.ok(Math.abs(dataOf(fetched['batchVariance'], 'float32')[channel]! / variance - 1) < 1e-5);
    }
  });

  it("TensorFlow's padding SAME has its odd row and column behind", async (t) => {
    if (skipped(t, 'float32')) return;
    const [sizes, window]: [Sizes, Window] = [
      [2, 8, 7, 16, 32],
      { kernelSize: 3, stride: 2, before: 0, output: [4, 4] },
    ];
    const program = convolutionProgram(sizes, 'float32', 3, { padding: 'SAME', strides: 2 });
    const feeds = feedsFor(sizes, 'float32', window);
    const { oneDnn, customConvolutionTypes } = engines[0]!.info;
    const [custom, tensorflows] = await Promise.all(
      [serializeProgram(program, { oneDnn, customConvolutionTypes }), serializeProgram(program)].map(
        async (serialized) => await (await engines[0]!.load(serialized)).run('run', feeds),
      ),
    );
    for (const name of RESULTS)
      assert.ok(
        relativeError(dataOf(custom![name], 'float32'), dataOf(tensorflows![name], 'float32')) < TOLERANCE.float32,
        name,
      );
  });

  it('what does not belong together fails the run with a sentence, and the engine goes on', async (t) => {
    if (skipped(t, 'float32')) return;
    const run = async (channels: number, window: Readonly<Record<string, readonly number[]>>): Promise<unknown> => {
      const g = new Graph();
      const [x, filter] = [
        g.placeholder('x', 'float32', [1, 4, 4, channels]),
        g.placeholder('filter', 'float32', [1, 1, 16, 16]),
      ];
      const attrs = Object.fromEntries(Object.entries(window).map(([name, pair]) => [name, attr.ints(pair)]));
      const y = g.op('SulcusConv2D', [x, filter], { T: attr.type('float32'), ...attrs }, [
        { dtype: 'float32', shape: [1, 4, 4, 16] },
      ])[0]!;
      const loaded = await engines[0]!.load({
        graph: g,
        signatures: { run: { inputs: { x, filter }, outputs: { y } } },
      });
      return await loaded.run('run', {
        x: float32(new Float32Array(16 * channels), x.shape),
        filter: float32(new Float32Array(256), filter.shape),
      });
    };
    const window = { strides: [1, 1], pad_before: [0, 0], output_size: [4, 4] };
    await assert.rejects(run(32, window), /the activations have 32 channels, the filter is for 16/);
    await assert.rejects(run(16, { ...window, strides: [0, 1] }), /strides must be positive/);
    await assert.rejects(run(16, { ...window, pad_before: [1] }), /pad_before must be 2 numbers/);
    await run(16, window);
  });
});
