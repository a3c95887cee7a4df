import { isFloating, type Graph, type GraphNode, type Tensor } from '../../core/index.js';
import { backwardPassOf } from '../../gradients/index.js';
import { isTrainingBatchNorm } from './recomputed-batch-norm.js';

/** Whether a value was computed by the backward pass, and not only named there, as shapes and constants are. */
export const comesFromBackwardPass = (graph: Graph, { node, dtype }: Tensor): boolean =>
  backwardPassOf(node) !== undefined && isFloating(dtype) && graph.node(node).inputs.length > 0;

/**
 * Tells of a value of the forward pass whether it can be recomputed cheaply from something that is kept in any case: a
 * batch norm from its input, which its own gradient needs; element-wise functions of that; and a padded copy.
 */
export function rematerialisableIn(graph: Graph): (tensor: Tensor) => boolean {
  const known = new Map<string, boolean>();
  const isConstant = (tensor: Tensor): boolean => graph.node(tensor.node).type === 'Const';
  const decide = (node: GraphNode): boolean => {
    switch (node.type) {
      case 'FusedBatchNormV3':
        return isTrainingBatchNorm(node);
      case 'Relu':
      case 'Relu6':
        return isRematerialisable(node.inputs[0]!);
      case 'AddV2':
        // Not the sum of two branches: through it a whole row of residual blocks would be recomputed, at a cost.
        return node.inputs.some(isConstant) && node.inputs.some(isRematerialisable);
      case 'Mul':
        return (
          node.inputs.some(isRematerialisable) &&
          node.inputs.every((input) => isConstant(input) || isRematerialisable(input))
        );
      case 'Pad':
        return true;
      default:
        return false;
    }
  };
  const isRematerialisable = ({ node: name, output }: Tensor): boolean => {
    if (output !== 0 || backwardPassOf(name) !== undefined) return false;
    let answer = known.get(name);
    if (answer === undefined) known.set(name, (answer = decide(graph.node(name))));
    return answer;
  };
  return isRematerialisable;
}
