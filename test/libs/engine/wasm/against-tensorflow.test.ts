import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  assignVariable,
  Graph,
  resourceApplyAdam,
  resourceApplyGradientDescent,
  resourceApplyMomentum,
  type Program,
  lowerProgram,
} from '#libs/graph';
import { opKernels } from '../../../../libs/engine/wasm/ops/index.js';
import { titleOf } from '../../graph/gradient-cases.js';
import { buildCase, feedsOf, prepared } from '../../graph/gradient-program.js';
import { float32, networkBatch, networkProgram, networkState } from '../../graph/_programs.js';
import { assertAgree, closeBoth, NO_REFERENCE, runBoth, startBoth, type BothEngines } from './_both-engines.js';
import { opCases, type OpCase } from './op-cases.js';

/** Of the largest value: float32 holds 6e-8, and sums are taken in another order. */
const TOLERANCE = 1e-5;

let engines: BothEngines | undefined;
before(async () => {
  engines = await startBoth();
});
after(() => closeBoth(engines));

const gradientPrograms = prepared
  .filter(({ gradientCase }) => !gradientCase.usesBfloat16)
  .map((each): { title: string; program: Program; feeds: ReturnType<typeof feedsOf> } => {
    const graph = new Graph();
    return {
      title: `${titleOf(each.gradientCase)}, with gradients`,
      program: { graph, signatures: { run: buildCase(graph, each, 'float32') } },
      feeds: feedsOf(each.values),
    };
  });

function opProgram({ inputs, build }: OpCase): Program {
  const graph = new Graph();
  const placeholders = inputs.map(({ dtype, shape }, index) =>
    graph.placeholder(`input${index}`, dtype, shape.includes(0) ? [-1, ...shape.slice(1)] : shape),
  );
  return {
    graph,
    signatures: {
      run: {
        inputs: Object.fromEntries(placeholders.map((placeholder, index) => [String(index), placeholder])),
        outputs: { ...build(graph, placeholders) },
      },
    },
  };
}
const opPrograms = opCases.map((each) => ({
  title: each.title,
  program: opProgram(each),
  feeds: feedsOf(each.inputs),
}));

for (const { title, program, feeds } of [...gradientPrograms, ...opPrograms]) {
  test(`both engines agree: ${title}`, async (t) => {
    if (!engines) return t.skip(NO_REFERENCE);
    const [answer] = await runBoth(engines, program, [{ signature: 'run', feeds }]);
    assertAgree(answer!.actual, answer!.expected, TOLERANCE);
  });
}

/** Every way to update a variable, from given values, twice. */
function updateProgram(): Program {
  const graph = new Graph();
  const gradient = graph.placeholder('gradient', 'float32', [4]);
  const names = ['weight', 'm', 'v', 'momentum', 'nesterov', 'a', 'b', 'c'] as const;
  const variables = Object.fromEntries(names.map((name) => [name, graph.variable(name, [4])])) as Record<
    (typeof names)[number],
    ReturnType<Graph['variable']>
  >;
  const start = graph.placeholder('start', 'float32', [4]);
  const [rate, share] = [graph.constant(0.1), graph.constant(0.9)];
  const scalars = {
    beta1Power: graph.constant(0.81),
    beta2Power: graph.constant(0.998),
    learningRate: rate,
    beta1: share,
    beta2: graph.constant(0.999),
    epsilon: graph.constant(1e-7),
  };
  const updates = [
    resourceApplyAdam(graph, variables.weight, variables.m, variables.v, scalars, gradient),
    resourceApplyMomentum(graph, variables.a, variables.momentum, rate, gradient, share),
    resourceApplyMomentum(graph, variables.b, variables.nesterov, rate, gradient, share, { nesterov: true }),
    resourceApplyGradientDescent(graph, variables.c, rate, gradient),
  ];
  return {
    graph,
    signatures: {
      write: {
        inputs: { start },
        outputs: {},
        targets: names.map((name) => assignVariable(graph, variables[name], start)),
      },
      update: { inputs: { gradient }, outputs: {}, targets: [graph.group(updates)] },
      read: { inputs: {}, outputs: Object.fromEntries(names.map((name) => [name, variables[name].read()])) },
    },
  };
}

test('both engines agree: every update of variables, twice', async (t) => {
  if (!engines) return t.skip(NO_REFERENCE);
  const gradient = float32([0.5, -2, 0, 3]);
  const answers = await runBoth(engines, updateProgram(), [
    { signature: 'write', feeds: { start: float32([1, 0.5, 0.25, 2]) } },
    ...[1, 2].map(() => ({ signature: 'update', feeds: { gradient } })),
    { signature: 'read' },
  ]);
  assertAgree(answers.at(-1)!.actual, answers.at(-1)!.expected, 1e-6);
});

test('both engines agree: twenty training steps of a small network, losses and state', async (t) => {
  if (!engines) return t.skip(NO_REFERENCE);
  const program = networkProgram('float32');
  const answers = await runBoth(engines, program, [
    { signature: 'initialise', feeds: networkState(program, 5) },
    ...Array.from({ length: 20 }, (_, step) => ({ signature: 'trainStep', feeds: networkBatch(step, 12) })),
    { signature: 'readState' },
  ]);
  answers.forEach(({ actual, expected }, index) => assertAgree(actual, expected, 1e-4, `run ${index}`));
});

test('every kernel of the portable engine is compared with TensorFlow here', () => {
  const compared = [...gradientPrograms, ...opPrograms]
    .map(({ program }) => program)
    .concat(updateProgram(), networkProgram('float32'));
  const types = new Set(compared.flatMap((program) => lowerProgram(program).nodes.map(({ type }) => type)));
  // CheckNumerics gives nothing to compare: what it refuses is tested in portable.test.ts.
  assert.deepEqual(
    [...opKernels.keys()].filter((type) => !types.has(type)),
    ['CheckNumerics'],
  );
});
