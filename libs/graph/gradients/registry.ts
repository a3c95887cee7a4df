import type { Graph, GraphNode, Tensor } from '../core/index.js';

/** What a rule sees of the node it differentiates. */
export interface GradientContext {
  readonly g: Graph;
  readonly node: GraphNode;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Gradient of the loss with respect to output 0. */
  readonly gradient: Tensor;
  /** False: nobody asks for the gradient of this input, so the rule may leave it out. */
  readonly needs: (input: number) => boolean;
}

/** Emits the gradient with respect to each input, in order; undefined where there is none or none is needed. */
export type GradientRule = (context: GradientContext) => readonly (Tensor | undefined)[];

/** Rules of one group of ops, by op type. */
export type GradientRules = Readonly<Record<string, GradientRule>>;
