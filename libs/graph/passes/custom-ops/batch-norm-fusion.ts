import type { GraphNode, Tensor } from '../../core/index.js';
import type { Program } from '../../program/program.js';
import { neededTogether, type Uses } from '../rewrite-program.js';

/** What is fused into a batch norm: perhaps the addition of a shortcut behind it, and the ReLU at the end. */
export interface BatchNormFusion {
  /** What is added to the normalised values. */
  readonly sideInput?: Tensor;
  /** Name of the ReLU. */
  readonly relu: string;
}

export interface BatchNormFusions {
  /** By the name of the batch norm. */
  readonly byBatchNorm: ReadonlyMap<string, BatchNormFusion>;
  /** Name of the batch norm by the name of the ReLU. */
  readonly byRelu: ReadonlyMap<string, string>;
}

/**
 * Finds the fusion patterns batch norm → ReLU and batch norm → add → ReLU: what can be done in the pass that
 * normalises, because nothing else reads the values in between.
 */
export function findBatchNormFusions(program: Program, batchNorms: readonly GraphNode[], uses: Uses): BatchNormFusions {
  const { graph } = program;
  const places = new Map(graph.nodes.map(({ name }, index) => [name, index]));
  // A signature that wants a batch norm's statistics alone must not have to feed the shortcut.
  const alwaysTogether = neededTogether(program);

  const match = (batchNorm: GraphNode): BatchNormFusion | undefined => {
    const directRelu = uses.onlyReader(batchNorm, 'Relu');
    if (directRelu) return { relu: directRelu.name };
    const sum = uses.onlyReader(batchNorm, 'AddV2');
    const relu = sum && uses.onlyReader(sum, 'Relu');
    const sideInput = sum?.inputs.find(({ node }) => node !== batchNorm.name);
    // The other summand must be there when the batch norm runs: of two that are added, the later one takes the
    // addition.
    if (
      !relu ||
      !sideInput ||
      !alwaysTogether(batchNorm, relu) ||
      places.get(sideInput.node)! > places.get(batchNorm.name)! ||
      sideInput.shape.join() !== batchNorm.outputs[0]!.shape.join()
    )
      return undefined;
    return { sideInput, relu: relu.name };
  };

  const byBatchNorm = new Map<string, BatchNormFusion>();
  for (const batchNorm of batchNorms) {
    const fusion = match(batchNorm);
    if (fusion) byBatchNorm.set(batchNorm.name, fusion);
  }
  return { byBatchNorm, byRelu: new Map([...byBatchNorm].map(([batchNorm, { relu }]) => [relu, batchNorm])) };
}
