import type { Tensor } from '../core/index.js';
import { shapeInput } from '../ops/layout.js';
import type { GradientRule, GradientRules } from './registry.js';

/** Both convolutions have the same pair of gradient ops, under their own names. */
const convolution =
  (inputGradient: string, filterGradient: string): GradientRule =>
  ({ g, node, gradient, inputs, needs }) => {
    const [x, filter] = [inputs[0]!, inputs[1]!];
    const dFilter = needs(1)
      ? g.op(filterGradient, [x, shapeInput(g, filter), gradient], node.attrs, [filter])[0]!
      : undefined;
    // The filter's first: it is the last to need the layer's input, whose memory the rest of the backward pass can use
    // then.
    const dx = (): Tensor =>
      g.op(inputGradient, [shapeInput(g, x), filter, gradient], node.attrs, [x], {
        controlInputs: dFilter ? [dFilter] : [],
      })[0]!;
    return [needs(0) ? dx() : undefined, dFilter];
  };

/** Convolutions, poolings and batch normalisation of images. */
export const spatialRules: GradientRules = {
  Conv2D: convolution('Conv2DBackpropInput', 'Conv2DBackpropFilter'),
  DepthwiseConv2dNative: convolution('DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter'),

  MaxPool: ({ g, node, gradient, inputs, outputs }) => [
    g.op('MaxPoolGrad', [inputs[0]!, outputs[0]!, gradient], node.attrs, [inputs[0]!])[0],
  ],
  AvgPool: ({ g, node, gradient, inputs }) => [
    g.op('AvgPoolGrad', [shapeInput(g, inputs[0]!), gradient], node.attrs, [inputs[0]!])[0],
  ],

  FusedBatchNormV3: ({ g, node, gradient, inputs, outputs }) => {
    const [x, scale, , mean, variance] = inputs;
    const training = node.attrs['is_training']?.value === true;
    const { T, U, epsilon, data_format, is_training } = node.attrs;
    const attrs = { T: T!, U: U!, epsilon: epsilon!, data_format: data_format!, is_training: is_training! };
    // In training the kernel hands its batch statistics to the gradient; otherwise the given ones were used.
    const statistics = training ? [outputs[3]!, outputs[4]!] : [mean!, variance!];
    const parameter = { dtype: 'float32', shape: scale!.shape } as const;
    const opaque = { dtype: 'float32', shape: [-1] } as const;
    const [dx, dScale, dOffset] = g.op(
      'FusedBatchNormGradV3',
      [gradient, x!, scale!, ...statistics, outputs[5]!],
      attrs,
      [x!, parameter, parameter, opaque, opaque],
    );
    return [dx, dScale, dOffset, undefined, undefined];
  },
};
