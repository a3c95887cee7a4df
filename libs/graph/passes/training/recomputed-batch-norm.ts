import { attr, type Graph, type GraphNode, type OpOptions, type Tensor } from '../../core/index.js';

/** Whether a node is a batch norm that normalises by the batch's own statistics. */
export const isTrainingBatchNorm = (node: GraphNode): boolean =>
  node.type === 'FusedBatchNormV3' && node.attrs['is_training']?.value === true;

/** The op by which TensorFlow's optimiser fuses a batch norm and its ReLU on a CPU with oneDNN. */
export const BATCH_NORM_RELU = '_MklNativeFusedBatchNormEx';

/** What is known of a batch norm that has run: where its inputs and outputs are, and whether a ReLU follows. */
interface ComputedBatchNorm {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly fusedRelu: boolean;
}

/**
 * Computes a batch norm of training a second time, in one pass: with the statistics it found. They are outputs 3 and 4,
 * as mean and variance on this device only. With the ReLU it is the op that TensorFlow's optimiser makes of the two in
 * training; here, without training, it would leave them apart.
 */
export function recomputeBatchNorm(
  g: Graph,
  batchNorm: GraphNode,
  { inputs, outputs, fusedRelu }: ComputedBatchNorm,
  options: OpOptions,
): Tensor {
  const [x, scale, offset] = inputs as [Tensor, Tensor, Tensor];
  const [, , , mean, variance] = outputs;
  const known = [x, scale, offset, mean!, variance!];
  const attrs = { ...batchNorm.attrs, is_training: attr.bool(false), exponential_avg_factor: attr.float(1) };
  if (!fusedRelu) return g.op(batchNorm.type, known, attrs, batchNorm.outputs, options)[0]!;
  const fused = {
    ...attrs,
    num_side_inputs: attr.int(0),
    activation_mode: attr.string('Relu'),
    _kernel: attr.string('MklNameChangeOp'),
  };
  return g.op(BATCH_NORM_RELU, known, fused, batchNorm.outputs, options)[0]!;
}
