import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startEngine, type Engine } from '#libs/engine';
import {
  add,
  addN,
  assignVariable,
  conv2d,
  gradients,
  Graph,
  matMul,
  mean,
  mul,
  relu,
  resourceApplyGradientDescent,
  serializeProgram,
  square,
  sum,
  type Operation,
  type Program,
  type Tensor,
  type Variable,
} from '#libs/graph';
import { updateEarly } from '../../../../libs/graph/passes/training/early-updates.js';
import { createRandom } from '#libs/random';
import { float32, numbers } from '../_programs.js';

const CHANNELS = 16;

/** What a step does with the gradients of three layers, in the order of the layers. */
type Update = (g: Graph, variables: readonly Variable[], weightGradients: readonly Tensor[]) => Operation[];

const descend: Update = (g, variables, weightGradients) =>
  variables.map((variable, layer) =>
    resourceApplyGradientDescent(
      g,
      variable,
      g.constant(0.1),
      add(g, weightGradients[layer]!, mul(g, variable.read(), 0.01)),
    ),
  );

/** Two convolutions and a linear layer; the step's gradients can also be had without the step. */
function exampleProgram(update: Update = descend): Program {
  const g = new Graph();
  const x = g.placeholder('x', 'float32', [2, 6, 6, CHANNELS]);
  const variables = [
    g.variable('first', [3, 3, CHANNELS, CHANNELS]),
    g.variable('second', [1, 1, CHANNELS, CHANNELS]),
    g.variable('linear', [CHANNELS, 4]),
  ];
  const [first, second, linear] = variables.map((variable) => variable.read()) as [Tensor, Tensor, Tensor];
  const y = relu(g, conv2d(g, relu(g, conv2d(g, x, first, { padding: 'SAME' })), second, { padding: 'SAME' }));
  const loss = mean(g, square(g, matMul(g, mean(g, y, [1, 2]), linear)));
  const weightGradients = gradients(g, loss, [first, second, linear]);
  const updates = update(g, variables, weightGradients);
  const values = variables.map((variable) => g.placeholder(`write/${variable.name}`, 'float32', variable.shape));
  return {
    graph: g,
    signatures: {
      step: { inputs: { x }, outputs: { loss }, targets: updates },
      write: {
        inputs: Object.fromEntries(values.map((value, index) => [variables[index]!.name, value])),
        outputs: {},
        targets: values.map((value, index) => assignVariable(g, variables[index]!, value)),
      },
      read: { inputs: {}, outputs: Object.fromEntries(variables.map((variable) => [variable.name, variable.read()])) },
    },
  };
}

const GRADIENTS = ['Conv2DBackpropFilter', 'MatMul'];

/**
 * For each gradient of weights in the order in which they are computed: the updates, by the name of the variable, that
 * it waits for.
 */
function waits({ graph }: Program): string[][] {
  const isGradient = ({ type, name, outputs }: Graph['nodes'][number]): boolean =>
    GRADIENTS.includes(type) && name.startsWith('gradients/') && outputs[0]!.shape[0] !== 2;
  const updated = (name: string): string[] =>
    graph.node(name).type.startsWith('ResourceApply') ? [graph.node(name).inputs[0]!.node] : [];
  return graph.nodes.filter(isGradient).map(({ controlInputs }) => controlInputs.flatMap(updated));
}

describe('when a training step updates weights', () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine({ label: 'test' });
  });
  after(() => engine.close());

  it("as soon as their gradient is there, before the next layer's is computed", () => {
    const program = exampleProgram();
    assert.deepEqual(waits(program), [[], [], []]);
    assert.deepEqual(waits(updateEarly(program)), [[], ['linear'], ['second']]);
  });

  it('after the gradient for the layer before, which needs the weights as they were', () => {
    const { graph } = updateEarly(exampleProgram());
    const update = graph.nodes.find(
      ({ type, inputs }) => type === 'ResourceApplyGradientDescent' && inputs[0]!.node === 'second',
    )!;
    const gradientOfSecond = graph.nodes.find(({ type }) => type === 'Conv2DBackpropInput')!;
    const before = new Set<string>();
    const visit = (name: string): void => {
      if (before.has(name)) return;
      before.add(name);
      const { inputs, controlInputs } = graph.node(name);
      [...inputs.map(({ node }) => node), ...controlInputs].forEach(visit);
    };
    visit(update.name);
    assert.ok(before.has(gradientOfSecond.name));
  });

  it('together at the end when an update depends on all gradients', () => {
    const clipped = exampleProgram((g, variables, weightGradients) => {
      const length = addN(
        g,
        weightGradients.map((gradient) => sum(g, square(g, gradient))),
      );
      return descend(
        g,
        variables,
        weightGradients.map((gradient) => mul(g, gradient, length)),
      );
    });
    assert.deepEqual(waits(updateEarly(clipped)), [[], [], []]);
  });

  it('not when a signature wants a gradient without the update', () => {
    const program = exampleProgram();
    const gradient = program.graph.nodes.find(({ type }) => type === 'Conv2DBackpropFilter')!;
    const output = { node: gradient.name, output: 0, ...gradient.outputs[0]! };
    const withGradient: Program = {
      ...program,
      signatures: {
        ...program.signatures,
        gradient: { inputs: program.signatures['step']!.inputs, outputs: { output } },
      },
    };
    assert.deepEqual(waits(updateEarly(withGradient))[1], []);
  });

  it('a program that updates nothing stays as it is', () => {
    const g = new Graph();
    const program = {
      graph: g,
      signatures: { run: { inputs: {}, outputs: { y: relu(g, g.variable('v', [2]).read()) } } },
    };
    assert.equal(updateEarly(program), program);
  });

  it('losses and weights after three steps are the same to the bit', async () => {
    const program = exampleProgram();
    const random = createRandom(5, 'early');
    const value = (shape: readonly number[]) =>
      float32(
        Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => random.normal()),
        shape,
      );
    const start = Object.fromEntries(
      Object.entries(program.signatures['write']!.inputs).map(([name, { shape }]) => [name, value(shape)]),
    );
    const x = value([2, 6, 6, CHANNELS]);
    const train = async (each: Program): Promise<number[]> => {
      const loaded = await engine.load(serializeProgram(each));
      await loaded.run('write', start);
      const losses: number[] = [];
      for (let step = 0; step < 3; step++) losses.push(...numbers((await loaded.run('step', { x }))['loss']));
      return [...losses, ...Object.values(await loaded.run('read')).flatMap(numbers)];
    };
    const atTheEnd = await train(program);
    assert.ok(atTheEnd[2]! < atTheEnd[0]!);
    assert.deepEqual(await train(updateEarly(program)), atTheEnd);
  });
});
