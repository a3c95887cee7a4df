import { attr, type Graph, type GraphNode, type OpOptions, type Tensor } from '../../core/index.js';

/** Whether a node normalises by the batch's own statistics. */
export const isTrainingNorm = (node: GraphNode): boolean =>
  node.type === 'FusedBatchNormV3' && node.attrs['is_training']?.value === true;

/** What is known of a norm that has run: where its inputs and outputs are, and whether only its positive part is wanted. */
interface RunNorm {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly rectified: boolean;
}

/**
 * A batch norm of training once more, in one pass: with the statistics it found. They are outputs 3 and 4, as mean and
 * variance on this device only. With the rectifier it is the op that TensorFlow's optimiser makes of the two in training;
 * here, without training, it would leave them apart.
 */
export function emitNorm(
  g: Graph,
  norm: GraphNode,
  { inputs, outputs, rectified }: RunNorm,
  options: OpOptions,
): Tensor {
  const [x, scale, offset] = inputs as [Tensor, Tensor, Tensor];
  const [, , , mean, variance] = outputs;
  const again = [x, scale, offset, mean!, variance!];
  const attrs = { ...norm.attrs, is_training: attr.bool(false), exponential_avg_factor: attr.float(1) };
  if (!rectified) return g.op(norm.type, again, attrs, norm.outputs, options)[0]!;
  const fused = {
    ...attrs,
    num_side_inputs: attr.int(0),
    activation_mode: attr.string('Relu'),
    _kernel: attr.string('MklNameChangeOp'),
  };
  return g.op('_MklNativeFusedBatchNormEx', again, fused, norm.outputs, options)[0]!;
}
