import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ops from '#libs/graph';
import { Graph, serializeProgram, type Tensor } from '#libs/graph';

const input = (g: Graph, shape: readonly number[], dtype: ops.DType = 'float32'): Tensor =>
  g.placeholder(`input${g.nodes.length}`, dtype, shape);

test('shapes follow from the inputs; the unknown batch stays unknown', () => {
  const g = new Graph();
  const images = input(g, [-1, 7, 9, 3]);
  const filter = input(g, [3, 3, 3, 8]);
  assert.deepEqual(ops.conv2d(g, images, filter, { padding: 'SAME' }).shape, [-1, 7, 9, 8]);
  assert.deepEqual(ops.conv2d(g, images, filter, { padding: 'SAME', strides: 2 }).shape, [-1, 4, 5, 8]);
  assert.deepEqual(ops.conv2d(g, images, filter, { padding: 'VALID', strides: [2, 3] }).shape, [-1, 3, 3, 8]);
  assert.deepEqual(ops.conv2d(g, images, filter, { padding: 'VALID', dilations: 3 }).shape, [-1, 1, 3, 8]);
  assert.deepEqual(ops.depthwiseConv2d(g, images, input(g, [3, 3, 3, 2]), { padding: 'VALID' }).shape, [-1, 5, 7, 6]);
  assert.deepEqual(
    ops.pad(g, images, [
      [0, 0],
      [1, 1],
      [2, 0],
      [0, 0],
    ]).shape,
    [-1, 9, 11, 3],
  );
  assert.deepEqual(ops.maxPool(g, images, { window: 3, strides: 2, padding: 'VALID' }).shape, [-1, 3, 4, 3]);
  assert.deepEqual(ops.mean(g, images, [1, 2]).shape, [-1, 3]);
  assert.deepEqual(ops.sum(g, images, [-1], true).shape, [-1, 7, 9, 1]);
  assert.deepEqual(ops.reshape(g, images, [-1, 189]).shape, [-1, 189]);
  assert.deepEqual(ops.reshape(g, input(g, [2, 6]), [3, -1]).shape, [3, 4]);
  assert.deepEqual(ops.concat(g, [images, images], 3).shape, [-1, 7, 9, 6]);
  assert.deepEqual(ops.add(g, input(g, [-1, 1, 4]), input(g, [5, 1])).shape, [-1, 5, 4]);
  assert.deepEqual(ops.argMax(g, input(g, [-1, 10])), { node: 'ArgMax', output: 0, dtype: 'int32', shape: [-1] });
  assert.deepEqual(ops.oneHot(g, input(g, [-1], 'int32'), 4).shape, [-1, 4]);
  assert.deepEqual(ops.decodeRaw(g, input(g, [], 'string'), 'uint8').shape, [-1]);
});

test('what does not fit is refused with both shapes in the text', () => {
  const g = new Graph();
  const images = input(g, [-1, 8, 8, 3]);
  assert.throws(
    () => ops.conv2d(g, images, input(g, [3, 3, 1, 8]), { padding: 'SAME' }),
    /float32\[3,3,1,8\] does not fit 3 channels of float32\[\?,8,8,3\]/,
  );
  assert.throws(
    () => ops.conv2d(g, images, input(g, [9, 9, 3, 8]), { padding: 'VALID' }),
    /window of 9 does not fit into 8/,
  );
  assert.throws(() => ops.add(g, input(g, [2, 3]), input(g, [2, 4])), /\[2,3\] and \[2,4\] do not broadcast/);
  assert.throws(() => ops.add(g, images, input(g, [1], 'bfloat16')), /one dtype.*cast one/);
  assert.throws(() => ops.matMul(g, input(g, [2, 3]), input(g, [4, 5])), /inner sizes 3 and 4 differ/);
  assert.throws(() => ops.reshape(g, input(g, [2, 3]), [4, -1]), /does not keep the number of elements/);
  assert.throws(() => ops.slice(g, input(g, [4]), [2], [3]), /leaves float32\[4\]/);
  assert.throws(() => ops.biasAdd(g, images, input(g, [4])), /does not fit the last axis/);
  assert.throws(
    () => ops.assignVariable(g, g.variable('weight', [3]), input(g, [4])),
    /float32\[4\] does not fit variable "weight" float32\[3\]/,
  );
  assert.throws(() => g.constant([1, 2, 3], 'float32', [2, 2]), /needs 4 values, got 3/);
});

test('nodes of another graph are refused', () => {
  const [g, other] = [new Graph(), new Graph()];
  assert.throws(() => ops.relu(g, other.placeholder('x', 'float32', [1])), /not of this graph: x:0/);
});

test('names are unique, scoped, and those of variables and placeholders stand as given', () => {
  const g = new Graph();
  const x = g.placeholder('x', 'float32', [2]);
  g.withScope('block', () => {
    assert.equal(ops.relu(g, x).node, 'block/Relu');
    assert.equal(ops.relu(g, x).node, 'block/Relu_1');
    g.withScope('inner', () => assert.equal(ops.relu(g, x).node, 'block/inner/Relu'));
  });
  assert.equal(g.variable('layer1.0.conv1.weight', [1]).name, 'layer1.0.conv1.weight');
  assert.throws(() => g.variable('x', [1]), /"x" is taken/);
  assert.throws(() => g.placeholder('a b', 'float32', []), /no legal node name/);
});

test('a variable is read once per section, so that gradients find it', () => {
  const g = new Graph();
  const variable = g.variable('weight', [2]);
  assert.equal(variable.read(), variable.read());
  const update = ops.assignVariable(g, variable, ops.add(g, variable.read(), 1));
  const after = g.withControlInputs([update], () => variable.read());
  assert.notEqual(after.node, variable.read().node);
  assert.deepEqual(g.node(after.node).controlInputs, [update.node]);
});

test('equal small constants are one node', () => {
  const g = new Graph();
  assert.equal(g.constant(0.5).node, g.constant(0.5).node);
  assert.notEqual(g.constant(0.5).node, g.constant(0.5, 'bfloat16').node);
  assert.notEqual(g.constant(0).node, g.constant(-0).node);
});

test('a program that cannot be run is refused when it is serialised', () => {
  const g = new Graph();
  const x = g.placeholder('x', 'float32', [-1, -1]);
  const y = ops.relu(g, x);
  assert.throws(
    () => serializeProgram({ graph: g, signatures: { run: { inputs: { x }, outputs: { y } } } }),
    /at most one size may be unknown/,
  );
  const h = new Graph();
  const z = ops.relu(h, h.placeholder('z', 'float32', [2]));
  assert.throws(
    () => serializeProgram({ graph: h, signatures: { run: { inputs: { z }, outputs: { z } } } }),
    /is no placeholder/,
  );
  assert.throws(
    () => serializeProgram({ graph: h, signatures: { run: { inputs: {}, outputs: {} } } }),
    /neither outputs nor targets/,
  );
});

test('serialising the same program twice gives the same bytes', () => {
  const build = () => {
    const g = new Graph();
    const x = g.placeholder('x', 'uint8', [-1, 4]);
    const loss = ops.mean(g, ops.square(g, ops.cast(g, x, 'float32')));
    return serializeProgram({ graph: g, signatures: { run: { inputs: { x }, outputs: { loss } } } });
  };
  assert.deepEqual(build(), build());
});
