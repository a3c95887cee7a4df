import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { describeEngine, startEngine, type Engine } from '#libs/engine';
import {
  bytesOf,
  add,
  assignVariable,
  attr,
  cast,
  conv2d,
  dataOf,
  Graph,
  lowerProgram,
  relu,
  serializeProgram,
  type Program,
} from '#libs/graph';
import { SulcusError } from '#libs/errors';
import { WasmSession } from '../../../../libs/engine/wasm/session.js';
import { root } from '../../../../scripts/setup/paths.mjs';
import { counterProgram, float32, networkBatch, networkProgram, networkState, numbers } from '../../graph/_programs.js';

let engine: Engine;
before(async () => {
  engine = await startEngine({ kind: 'portable', label: 'test portable', niceness: 5 });
});
after(() => engine.close());

const isError =
  (code: string, text: RegExp) =>
  (error: unknown): boolean =>
    error instanceof SulcusError && error.code === code && text.test(error.message);

test('the engine says that it is the portable one, by which backend, and that it has no bfloat16', () => {
  const { kind, library, devices, precision, oneDnn } = engine.info;
  assert.deepEqual(
    { kind, library, devices, precision, oneDnn },
    { kind: 'portable', library: 'tfjs-wasm', devices: ['CPU:0'], precision: { bf16: false }, oneDnn: false },
  );
  assert.match(describeEngine(engine.info), /^portable \(tfjs-wasm 4\.\d+\.\d+\)$/);
});

test('a program that asks for bfloat16 is refused with what to do', async () => {
  const graph = new Graph();
  const x = graph.placeholder('x', 'float32', [2]);
  const program = { graph, signatures: { run: { inputs: { x }, outputs: { y: cast(graph, x, 'bfloat16') } } } };
  await assert.rejects(
    engine.load(program),
    isError('INVALID_ARGUMENT', /float32 only and "Cast" is bfloat16: take the precision auto or float32/),
  );
});

test('an op without a kernel is named when the program is loaded, and so is a program of another engine', async () => {
  const graph = new Graph();
  const x = graph.placeholder('x', 'float32', [2, 2]);
  const [y] = graph.op('MatrixInverse', [x], { T: attr.type('float32') }, [x]);
  await assert.rejects(
    engine.load({ graph, signatures: { run: { inputs: { x }, outputs: { y: y! } } } }),
    isError('ENGINE_FAILED', /no kernel for MatrixInverse \("MatrixInverse"\)/),
  );
  await assert.rejects(
    engine.load(serializeProgram(counterProgram())),
    isError('INVALID_ARGUMENT', /runs on the TensorFlow engine only/),
  );
});

test('wrong feeds, unknown signatures and unassigned variables are refused by name', async () => {
  const loaded = await engine.load(counterProgram());
  await assert.rejects(
    loaded.run('write', { value: float32([1, 2, 3]) }),
    isError('INVALID_ARGUMENT', /must be float32\[2\], got float32\[3\]/),
  );
  await assert.rejects(loaded.run('nothing'), isError('INVALID_ARGUMENT', /no signature "nothing"/));
  await assert.rejects(
    loaded.run('read'),
    isError('ENGINE_FAILED', /run of "read" failed: .*the variable "counter" was read before it was assigned/),
  );
  await loaded.run('write', { value: float32([1, 2]) });
  assert.deepEqual(numbers((await loaded.run('add', { value: float32([1, 1]) }))['sum']), [2, 3]);
  assert.deepEqual(numbers((await loaded.run('read'))['counter']), [2, 3]);
  await loaded.unload();
  await assert.rejects(loaded.run('read'), isError('ENGINE_FAILED', /no model/));
});

/** Adds what is fed to a variable, unless the sum is not finite. */
function guardedProgram(): Program {
  const g = new Graph();
  const total = g.variable('total', [2]);
  const value = g.placeholder('value', 'float32', [2]);
  const sum = relu(g, add(g, total.read(), value));
  const check = g.op(
    'CheckNumerics',
    [sum],
    { T: attr.type('float32'), message: attr.string('the sum is not finite') },
    [sum],
  )[0]!;
  return {
    graph: g,
    signatures: {
      write: { inputs: { value }, outputs: {}, targets: [assignVariable(g, total, value)] },
      add: {
        inputs: { value },
        outputs: { sum },
        targets: g.withControlInputs([check], () => [assignVariable(g, total, sum)]),
      },
      read: { inputs: {}, outputs: { total: total.read() } },
    },
  };
}

test('a check that fails says why, and what waits for it changes nothing', async () => {
  const loaded = await engine.load(guardedProgram());
  await loaded.run('write', { value: float32([1, 2]) });
  for (const [value, what] of [
    [-NaN, 'NaN'],
    [NaN, 'NaN'],
    [Infinity, 'Inf'],
  ] as const)
    await assert.rejects(
      loaded.run('add', { value: float32([0, value]) }),
      isError('ENGINE_FAILED', new RegExp(`the sum is not finite: tensor had ${what} values`)),
    );
  assert.deepEqual(numbers((await loaded.run('read'))['total']), [1, 2]);
  await loaded.run('add', { value: float32([1, 1]) });
  assert.deepEqual(numbers((await loaded.run('read'))['total']), [2, 3]);
  await loaded.unload();
});

test('more memory than WebAssembly has is an error that says so, and the engine goes on', async () => {
  const graph = new Graph();
  const shape = graph.placeholder('shape', 'int32', [1]);
  const [y] = graph.op(
    'Fill',
    [shape, graph.constant(2)],
    { T: attr.type('float32'), index_type: attr.type('int32') },
    [{ dtype: 'float32', shape: [-1] }],
  );
  const loaded = await engine.load({ graph, signatures: { run: { inputs: { shape }, outputs: { y: y! } } } });
  const fill = (size: number) =>
    loaded.run('run', { shape: { dtype: 'int32', shape: [1], data: Int32Array.of(size) } });
  for (const size of [2 ** 30 - 1, 2 ** 30, 2 ** 31 - 1])
    await assert.rejects(
      fill(size),
      isError('ENGINE_FAILED', /Fill "Fill": out of memory: WebAssembly has no \d+ bytes left\. Take smaller batches/),
    );
  assert.deepEqual(numbers((await fill(3))['y']), [2, 2, 2]);
  await loaded.unload();
});

test('an empty batch goes through a convolution', async () => {
  const graph = new Graph();
  const [x, filter] = [
    graph.placeholder('x', 'float32', [-1, 4, 4, 2]),
    graph.constant(new Float32Array(54), 'float32', [3, 3, 2, 3]),
  ];
  const loaded = await engine.load({
    graph,
    signatures: { run: { inputs: { x }, outputs: { y: conv2d(graph, x, filter, { padding: 'SAME', strides: 2 }) } } },
  });
  const { y } = await loaded.run('run', { x: float32([], [0, 4, 4, 2]) });
  assert.deepEqual([y!.shape, dataOf(y, 'float32').length], [[0, 2, 2, 3], 0]);
  await loaded.unload();
});

/** The session itself, in this process, so that its memory can be looked into. */
test('memory stays flat over training steps, also when runs fail, and unloading frees everything', async () => {
  const session = await WasmSession.open();
  const { heap } = session;
  const program = networkProgram('float32');
  const { nodes, signatures } = lowerProgram(program);
  const empty = heap.liveTensors;
  const model = session.load({ nodes });
  const run = (name: string, values: Parameters<typeof feedsBySignature>[1]): void => {
    const { outputs, done } = signatures[name]!;
    session.run(
      model,
      feedsBySignature(name, values),
      [...Object.values(outputs).map(({ tensor }) => tensor), ...(done === undefined ? [] : [done])],
      () => undefined,
    );
  };
  const feedsBySignature = (name: string, values: ReturnType<typeof networkState>) =>
    Object.entries(values).map(([key, { data }]) => ({
      tensor: signatures[name]!.inputs[key]!.tensor,
      shape: [],
      strings: [bytesOf(data as Float32Array)],
    }));
  run('initialise', networkState(program, 1));
  const counts: number[] = [];
  for (let step = 0; step < 50; step++) {
    // Batches of changing size: what a kernel keeps for one must not stay for the next.
    run('trainStep', networkBatch(step, 1 + (step % 5)));
    const { pixels } = networkBatch(step, 4);
    assert.throws(
      () => run('trainStep', { pixels, labels: { dtype: 'int32', shape: [4], data: Int32Array.of(0, 1, 2, 9) } }),
      /label 9 is outside/,
    );
    run('readState', {});
    counts.push(heap.liveTensors);
  }
  assert.deepEqual(new Set(counts.slice(1)), new Set([counts[1]]));
  session.unload(model);
  assert.equal(heap.liveTensors, empty);
});

test('closing lets the run under way finish and ends the process', async () => {
  const own = await startEngine({ kind: 'portable', label: 'test close' });
  const loaded = await own.load(counterProgram());
  const written = loaded.run('write', { value: float32([1, 2]) });
  const closed = own.close();
  await assert.rejects(loaded.run('read'), /CANCELLED/);
  await written;
  await closed;
  assert.throws(() => process.kill(own.pid!, 0), /ESRCH/);
});

test('a killed engine fails what is pending with ENGINE_FAILED', async () => {
  const own = await startEngine({ kind: 'portable', label: 'test crash' });
  const ends: SulcusError[] = [];
  own.onExit((error) => ends.push(error));
  process.kill(own.pid!, 'SIGKILL');
  await assert.rejects(own.load(counterProgram()), isError('ENGINE_FAILED', /SIGKILL/));
  assert.equal(ends.length, 1);
});

test('without TensorFlow auto takes the portable engine and warns what to do; tensorflow insists', async () => {
  // The libs in a folder of their own: no binding lies above them.
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-portable-'));
  try {
    for (const part of [
      ...['engine', 'graph', 'errors', 'config', 'memory'].map((lib) => `dist/libs/${lib}`),
      'package.json',
    ])
      cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    const script = path.join(folder, 'which.js');
    writeFileSync(
      script,
      [
        "import { describeEngine, startEngine } from '#libs/engine';",
        'const engine = await startEngine();',
        'console.log(describeEngine(engine.info));',
        'await engine.close();',
      ].join('\n'),
    );
    const which = (engineKind: string) =>
      promisify(execFile)(process.execPath, [script], {
        cwd: folder,
        env: { ...process.env, SULCUS_ENGINE: engineKind, SULCUS_ENGINE_BINDING: undefined },
      });
    const { stdout, stderr } = await which('auto');
    assert.match(stdout, /^portable \(/);
    assert.equal(stderr.match(/SulcusWarning/g)?.length, 1);
    assert.match(
      stderr,
      /SulcusWarning: Running on the portable engine, .*because there is no TensorFlow\. .*run `npm run setup`/,
    );
    await assert.rejects(which('tensorflow'), /ENGINE_UNAVAILABLE: The TensorFlow binding is not built/);
    assert.equal((await which('portable')).stderr, '');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
