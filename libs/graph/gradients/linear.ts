import { attr } from '../core/index.js';
import { matMul } from '../ops/index.js';
import type { GradientRules } from './registry.js';

/** Matrix products and biases. */
export const linearRules: GradientRules = {
  MatMul: ({ g, node, gradient, inputs, needs }) => {
    const [a, b] = [inputs[0]!, inputs[1]!];
    const [transposedA, transposedB] = [
      node.attrs['transpose_a']?.value === true,
      node.attrs['transpose_b']?.value === true,
    ];
    const left = () =>
      transposedA
        ? matMul(g, b, gradient, { transposeA: transposedB, transposeB: true })
        : matMul(g, gradient, b, { transposeB: !transposedB });
    const right = () =>
      transposedB
        ? matMul(g, gradient, a, { transposeA: true, transposeB: transposedA })
        : matMul(g, a, gradient, { transposeA: !transposedA });
    return [needs(0) ? left() : undefined, needs(1) ? right() : undefined];
  },

  BiasAdd: ({ g, gradient, inputs, needs }) => {
    const bias = inputs[1]!;
    const attrs = { T: attr.type(bias.dtype), data_format: attr.string('NHWC') };
    return [gradient, needs(1) ? g.op('BiasAddGrad', [gradient], attrs, [bias])[0] : undefined];
  },
};
