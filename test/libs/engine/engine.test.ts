import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { SulcusError, type ErrorCode } from '#libs/errors';
import { describeEngine, startEngine, type Engine } from '#libs/engine';
import {
  argMax,
  assignVariable,
  cast,
  dropout,
  equal,
  Graph,
  reshape,
  type Signature,
  type Program,
  type TensorValue,
} from '#libs/graph';
import { counterProgram, float32, hasBfloat16, int32, NO_BFLOAT16, numbers, slowProgram } from '../graph/_programs.js';

let engine: Engine;
before(async () => {
  engine = await startEngine({ label: 'test engine', threads: 1, niceness: 5 });
});
after(() => engine.close());

const rejects = (promise: Promise<unknown>, code: ErrorCode, text: RegExp): Promise<void> =>
  assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof SulcusError);
    assert.equal(error.code, code);
    assert.match(error.message, text);
    return true;
  });

const echo = (inputs: Signature['inputs'], graph: Graph): Program => ({
  graph,
  signatures: { echo: { inputs, outputs: inputs } },
});

test('the engine says what it runs on', (t) => {
  if (engine.info.kind === 'portable') return t.skip('the portable engine has a test of its own');
  assert.equal(engine.info.library, 'tensorflow');
  assert.match(describeEngine(engine.info), /^tensorflow 2\.\d+\.\d+ \((CPU|GPU):0\)$/);
  assert.match(engine.info.version, /^2\.\d+/);
  assert.ok(engine.info.devices.includes('CPU:0'));
});

test('values of every dtype come back as they were fed', async () => {
  const graph = new Graph();
  const values: Record<string, TensorValue> = {
    float32: float32([0, -0, 1e-40, Number.MAX_VALUE, NaN, Infinity], [2, 3]),
    int32: int32([-(2 ** 31), 2 ** 31 - 1]),
    int64: { dtype: 'int64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n) },
    uint8: { dtype: 'uint8', shape: [3], data: Uint8Array.of(0, 127, 255) },
    bool: { dtype: 'bool', shape: [1, 2], data: Uint8Array.of(0, 1) },
    string: { dtype: 'string', shape: [2], data: [Uint8Array.of(0, 255), new Uint8Array(0)] },
    scalar: float32([3], []),
    empty: float32([], [0, 4]),
  };
  const inputs = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      graph.placeholder(name, value.dtype, name === 'empty' ? [-1, 4] : value.shape),
    ]),
  );
  const loaded = await engine.load(echo(inputs, graph));
  const fetched = await loaded.run('echo', values);
  for (const [name, value] of Object.entries(values)) {
    assert.equal(fetched[name]!.dtype, value.dtype, name);
    assert.deepEqual([...fetched[name]!.shape], [...value.shape], name);
    assert.deepEqual(Array.from(fetched[name]!.data as Float32Array), Array.from(value.data as Float32Array), name);
  }
  await loaded.unload();
});

test('bfloat16 is fetched as float32, rounded to nearest even', async (t) => {
  if (!hasBfloat16(engine)) return t.skip(NO_BFLOAT16);
  const graph = new Graph();
  const x = graph.placeholder('x', 'float32', [3]);
  const loaded = await engine.load({
    graph,
    signatures: {
      round: {
        inputs: { x },
        outputs: {
          y: cast(graph, x, 'bfloat16'),
          constant: graph.constant([1 + 2 ** -8, 1 + 3 * 2 ** -8, -2.5], 'bfloat16'),
        },
      },
    },
  });
  const { y, constant } = await loaded.run('round', { x: float32([1 + 2 ** -8, 1 + 3 * 2 ** -8, -2.5]) });
  assert.deepEqual(numbers(y), [1, 1 + 2 ** -6, -2.5]);
  assert.deepEqual(numbers(constant), numbers(y));
  await loaded.unload();
});

test('a batch of any size goes through one program', async () => {
  const graph = new Graph();
  const x = graph.placeholder('x', 'uint8', [-1, 2, 2]);
  const flat = reshape(graph, cast(graph, x, 'float32'), [-1, 4]);
  const loaded = await engine.load({
    graph,
    signatures: {
      classify: { inputs: { x }, outputs: { best: argMax(graph, flat), same: equal(graph, argMax(graph, flat), 3) } },
    },
  });
  for (const count of [1, 3, 0]) {
    const { best, same } = await loaded.run('classify', {
      x: { dtype: 'uint8', shape: [count, 2, 2], data: Uint8Array.from({ length: 4 * count }, (_, index) => index) },
    });
    assert.deepEqual(
      numbers(best),
      Array.from({ length: count }, () => 3),
    );
    assert.deepEqual(
      [...(same!.data as Uint8Array)],
      Array.from({ length: count }, () => 1),
    );
  }
  await loaded.unload();
});

test('dropout drops the given share, keeps the mean and repeats itself for the same seed', async () => {
  const graph = new Graph();
  const [x, seed] = [graph.placeholder('x', 'float32', [-1, 100]), graph.placeholder('seed', 'int32', [2])];
  const loaded = await engine.load({
    graph,
    signatures: { drop: { inputs: { x, seed }, outputs: { y: dropout(graph, x, 0.25, seed) } } },
  });
  const drop = async (value: number): Promise<number[]> =>
    numbers(
      (await loaded.run('drop', { x: float32(new Float32Array(10_000).fill(3), [100, 100]), seed: int32([value, 7]) }))[
        'y'
      ],
    );
  const [first, again, other] = [await drop(1), await drop(1), await drop(2)];
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
  assert.ok(first.every((value) => value === 0 || Math.abs(value - 4) < 1e-5));
  // 10,000 draws: 5 standard deviations are 0.022.
  assert.ok(Math.abs(first.filter((value) => value === 0).length / 10_000 - 0.25) < 0.022);
  await loaded.unload();
});

test('feeds that do not fit are refused, every mistake named', async () => {
  const loaded = await engine.load(counterProgram());
  await rejects(loaded.run('write', {}), 'INVALID_ARGUMENT', /"write": input "value" \(float32\[2\]\) is missing/);
  await rejects(
    loaded.run('write', { value: float32([1, 2, 3]), other: float32([1]) }),
    'INVALID_ARGUMENT',
    /no input "other"; input "value" must be float32\[2\], got float32\[3\]/,
  );
  await rejects(
    loaded.run('write', { value: int32([1, 2]) }),
    'INVALID_ARGUMENT',
    /must be float32\[2\], got int32\[2\]/,
  );
  await rejects(loaded.run('write', { value: float32([1], [2]) }), 'INVALID_ARGUMENT', /needs 2 elements, got 1/);
  await rejects(
    loaded.run('write', { value: { dtype: 'float32', shape: [2], data: [1, 2] as unknown as Float32Array } }),
    'INVALID_ARGUMENT',
    /needs Float32Array/,
  );
  await rejects(loaded.run('nothing'), 'INVALID_ARGUMENT', /no signature "nothing"/);
  await loaded.unload();
});

test('an op that fails says which and why, and the engine goes on', async () => {
  const loaded = await engine.load(counterProgram());
  await rejects(loaded.run('read'), 'ENGINE_FAILED', /run of "read" failed.*counter/s);
  await loaded.run('write', { value: float32([1, 2]) });
  assert.deepEqual(numbers((await loaded.run('read'))['counter']), [1, 2]);
  await loaded.unload();
  await rejects(loaded.run('read'), 'ENGINE_FAILED', /run of "read"/);
});

test('runs happen in the order of the calls', async () => {
  const loaded = await engine.load(counterProgram());
  const written = loaded.run('write', { value: float32([0, 0]) });
  const sums = await Promise.all(Array.from({ length: 20 }, () => loaded.run('add', { value: float32([1, 2]) })));
  await written;
  assert.deepEqual(
    sums.map((result) => numbers(result['sum'])),
    Array.from({ length: 20 }, (_, index) => [index + 1, 2 * (index + 1)]),
  );
  await loaded.unload();
});

test("a long run does not block the caller's event loop", async () => {
  const size = 512;
  const loaded = await engine.load(slowProgram(size, 40));
  const start: TensorValue = { dtype: 'float32', shape: [size, size], data: new Float32Array(size * size).fill(1) };
  await loaded.run('run', { start });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const began = performance.now();
  let runs = 0;
  while (performance.now() - began < 500) {
    assert.deepEqual(numbers((await loaded.run('run', { start }))['mean']), [1]);
    runs++;
  }
  delay.disable();
  const perRunMs = (performance.now() - began) / runs;
  // A run takes tens of milliseconds of which the caller's thread only sends 1 MB.
  assert.ok(
    delay.percentile(50) / 1e6 < Math.max(20, perRunMs / 2),
    `median lag ${delay.percentile(50) / 1e6} ms at ${perRunMs} ms per run`,
  );
  await loaded.unload();
});

test('hundreds of variables are written and read in one call each', async () => {
  const graph = new Graph();
  const variables = Array.from({ length: 300 }, (_, index) => graph.variable(`layer${index}.weight`, [32, 32]));
  const inputs = Object.fromEntries(
    variables.map((variable) => [
      variable.name,
      graph.placeholder(`write/${variable.name}`, 'float32', variable.shape),
    ]),
  );
  const targets = variables.map((variable) => assignVariable(graph, variable, inputs[variable.name]!));
  const loaded = await engine.load({
    graph,
    signatures: {
      write: { inputs, outputs: {}, targets },
      read: { inputs: {}, outputs: Object.fromEntries(variables.map((variable) => [variable.name, variable.read()])) },
    },
  });
  const state = Object.fromEntries(
    variables.map((variable, index) => [variable.name, float32(new Float32Array(1024).fill(index), [32, 32])]),
  );
  await loaded.run('write', state);
  // The fed arrays may be reused once the run has answered.
  for (const value of Object.values(state)) (value.data as Float32Array).fill(-1);
  const read = await loaded.run('read');
  variables.forEach((variable, index) =>
    assert.ok(
      numbers(read[variable.name]).every((value) => value === index),
      variable.name,
    ),
  );
  await loaded.unload();
});
