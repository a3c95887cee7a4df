import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useCustomBatchNorms } from '../../../../libs/graph/passes/custom-ops/batch-norms.js';
import {
  exampleProgram,
  fetchedGradientSum,
  fetchedReluGradient,
  type Build,
} from '../../engine/native/kernels/_batch-norm.js';

/** An attribute of the op of this type that stands for a batch norm of the example, or for a gradient of it. */
const attributeOf = (build: Build, type: string, name: string): unknown =>
  useCustomBatchNorms(exampleProgram(build), ['float32']).graph.nodes.find((node) => node.type === type)!.attrs[name]!
    .value;

test('custom batch norms: what is fetched is not computed a second time as part of a gradient', () => {
  assert.equal(attributeOf(fetchedReluGradient, 'SulcusFusedBatchNormGrad', 'fused_relu'), false);
  assert.equal(attributeOf(fetchedGradientSum, 'SulcusAddNReluGrad', 'N'), 1);
});
