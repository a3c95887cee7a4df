import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startEngine, type Engine, type LoadedProgram } from '#libs/engine';
import {
  argMax,
  dataOf,
  differentiableOps,
  gradients,
  Graph,
  matMul,
  sum,
  type Signature,
  type Program,
  type TensorValue,
} from '#libs/graph';
import { gradientCases, titleOf } from './gradient-cases.js';
import { hasBfloat16, NO_BFLOAT16 } from './_programs.js';
import { buildCase, built, feedsOf, prepared, type Prepared } from './gradient-program.js';

/** Step of the finite differences: large enough for float32's rounding (1e-7), small enough for the curvature. */
const STEP = 2 ** -6;

const prefixed = <T>(prefix: string, record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [`${prefix}/${name}`, value]));

const bfloat16Cases = prepared.filter(({ gradientCase }) => gradientCase.float32Inputs !== 'all');
let engine: Engine;
let loaded: LoadedProgram;
/**
 * Gradients of all bfloat16 cases, by `<title>/gradient<input>`. They run in one go, because each signature costs its
 * optimisation.
 */
let rounded: Record<string, TensorValue>;

before(async () => {
  engine = await startEngine({ label: 'test gradients', threads: 1 });
  const program: Program = { graph: new Graph(), signatures: {} };
  for (const each of prepared.filter(usable))
    program.signatures[titleOf(each.gradientCase)] = buildCase(program.graph, each, 'float32');
  if (!hasBfloat16(engine)) return void (loaded = await engine.load(program));
  const all: Signature = { inputs: {}, outputs: {} };
  for (const each of bfloat16Cases) {
    const { inputs, outputs } = buildCase(program.graph, each, 'bfloat16');
    Object.assign(all.inputs, prefixed(titleOf(each.gradientCase), inputs));
    Object.assign(all.outputs, prefixed(titleOf(each.gradientCase), outputs));
  }
  program.signatures['bfloat16'] = all;
  loaded = await engine.load(program);
  rounded = await loaded.run(
    'bfloat16',
    Object.assign(
      {},
      ...bfloat16Cases.map((each) => prefixed(titleOf(each.gradientCase), feedsOf(each.values))),
    ) as Record<string, TensorValue>,
  );
});
after(() => engine.close());

const usable = ({ gradientCase }: Prepared): boolean => hasBfloat16(engine) || !gradientCase.usesBfloat16;

test('every op with a gradient rule has a finite-difference case', () => {
  const covered = new Set(gradientCases.map(({ op }) => op));
  assert.deepEqual(
    differentiableOps().filter((op) => !covered.has(op)),
    [],
  );
});

for (const each of prepared) {
  const title = titleOf(each.gradientCase);
  test(`the gradient equals finite differences: ${title}`, async (t) => {
    if (!usable(each)) return t.skip(NO_BFLOAT16);
    const exact = await loaded.run(title, feedsOf(each.values));
    const lossAt = async (input: number, element: number, offset: number): Promise<number> => {
      const values = each.values.map((value, index) =>
        index === input ? { ...value, data: Float32Array.from(value.data as Float32Array) } : value,
      ) as TensorValue[];
      (values[input]!.data as Float32Array)[element]! += offset;
      const { loss } = await loaded.run(title, feedsOf(values));
      return (loss!.data as Float32Array)[0]!;
    };
    const inferred = built.get(title)!.shape;
    assert.deepEqual(
      inferred,
      exact['y']!.shape.map((size, axis) => (inferred[axis] === -1 ? -1 : size)),
      'the inferred shape is the real one',
    );
    for (const input of each.differentiated) {
      const gradient = exact[`gradient${input}`]!;
      assert.deepEqual(gradient.shape, each.gradientCase.inputs[input]);
      const differences = await Promise.all(
        Array.from(gradient.data as Float32Array, async (_, element) => {
          const [high, low] = await Promise.all([STEP, -STEP].map((offset) => lossAt(input, element, offset)));
          return (high! - low!) / (2 * STEP);
        }),
      );
      (gradient.data as Float32Array).forEach((value, element) =>
        assert.ok(
          Math.abs(value - differences[element]!) < 2e-3 * (1 + Math.abs(value)),
          `input ${input}, element ${element}: ${value} against ${differences[element]} by differences`,
        ),
      );
    }
  });
}

for (const each of bfloat16Cases) {
  const title = titleOf(each.gradientCase);
  test(`the bfloat16 gradient is close to the float32 one: ${title}`, async (t) => {
    if (!hasBfloat16(engine)) return t.skip(NO_BFLOAT16);
    const exact = await loaded.run(title, feedsOf(each.values));
    for (const input of each.differentiated) {
      const [a, b] = [
        dataOf(exact[`gradient${input}`], 'float32'),
        dataOf(rounded[`${title}/gradient${input}`], 'float32'),
      ];
      const difference = Math.hypot(...a.map((value, element) => value - b[element]!));
      assert.ok(difference <= 0.02 * Math.hypot(...a) + 0.01, `input ${input}: ${difference} of ${Math.hypot(...a)}`);
    }
  });
}

test('an op without a rule is named when a gradient is asked through it', () => {
  const g = new Graph();
  const x = g.placeholder('x', 'float32', [2, 2]);
  const [y] = g.op('MatrixInverse', [x], {}, [x]);
  assert.throws(() => gradients(g, sum(g, y!), [x]), /No gradient rule for MatrixInverse/);
});

test('a loss that does not depend on a variable says so', () => {
  const g = new Graph();
  const [x, other] = [g.placeholder('x', 'float32', [2, 2]), g.placeholder('other', 'float32', [2])];
  assert.throws(() => gradients(g, sum(g, x), [other]), /does not depend on "other"/);
  assert.throws(() => gradients(g, argMax(g, x), [x]), /must be floating point/);
});

test('the gradient of an input is not computed when it is not asked for', () => {
  const g = new Graph();
  const [x, w] = [g.placeholder('x', 'float32', [2, 3]), g.placeholder('w', 'float32', [3, 4])];
  const loss = sum(g, matMul(g, x, w));
  const before = g.nodes.filter((node) => node.type === 'MatMul').length;
  gradients(g, loss, [w]);
  assert.equal(g.nodes.filter((node) => node.type === 'MatMul').length, before + 1);
});
