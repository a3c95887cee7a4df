import type { GraphNode, Tensor } from '../../core/index.js';
import type { Program } from '../../program/program.js';
import { neededTogether, type Uses } from '../rewrite-program.js';

/** A batch norm, perhaps with the sum of a shortcut behind it, and the rectifier at the end. */
export interface NormChain {
  /** What is added to the normalised values. */
  readonly side?: Tensor;
  /** The name of the rectifier. */
  readonly end: string;
}

export interface NormChains {
  /** By the name of the norm. */
  readonly byNorm: ReadonlyMap<string, NormChain>;
  /** The name of the norm by the name of the rectifier. */
  readonly byEnd: ReadonlyMap<string, string>;
}

/** Finds what can be done in the pass that normalises, because nothing else reads the values in between. */
export function findNormChains(program: Program, norms: readonly GraphNode[], uses: Uses): NormChains {
  const { graph } = program;
  const places = new Map(graph.nodes.map(({ name }, index) => [name, index]));
  // An entry point that wants a norm's statistics alone must not have to feed the shortcut.
  const alwaysTogether = neededTogether(program);

  const chainOf = (norm: GraphNode): NormChain | undefined => {
    const rectifier = uses.onlyReader(norm, 'Relu');
    if (rectifier) return { end: rectifier.name };
    const sum = uses.onlyReader(norm, 'AddV2');
    const end = sum && uses.onlyReader(sum, 'Relu');
    const side = sum?.inputs.find(({ node }) => node !== norm.name);
    // The other summand must be there when the norm is computed: of two norms that meet, the later one takes the chain.
    if (
      !end ||
      !side ||
      !alwaysTogether(norm, end) ||
      places.get(side.node)! > places.get(norm.name)! ||
      side.shape.join() !== norm.outputs[0]!.shape.join()
    )
      return undefined;
    return { side, end: end.name };
  };

  const byNorm = new Map<string, NormChain>();
  for (const norm of norms) {
    const chain = chainOf(norm);
    if (chain) byNorm.set(norm.name, chain);
  }
  return { byNorm, byEnd: new Map([...byNorm].map(([norm, { end }]) => [end, norm])) };
}
