import {
  createOpTable,
  describe,
  graphError,
  isFloating,
  type Graph,
  type GraphNode,
  type Tensor,
} from '../core/index.js';
import { add, addN } from '../ops/index.js';
import { elementwiseRules } from './elementwise.js';
import { layoutRules } from './layout.js';
import { linearRules } from './linear.js';
import { reductionRules } from './reduction.js';
import type { GradientRule } from './registry.js';
import { spatialRules } from './spatial.js';

const registry = createOpTable<GradientRule>(
  'gradient rule',
  elementwiseRules,
  layoutRules,
  linearRules,
  reductionRules,
  spatialRules,
);

/** Op types that have a gradient rule. */
export const differentiableOps = (): readonly string[] => [...registry.keys()];

/** Scope of everything {@link gradients} adds. */
const SCOPE = 'gradients';

const BACKWARD_PASS = new RegExp(`^(.*/)?${SCOPE}(_\\d+)?/`);

/** The scope of the backward pass that a node belongs to, by its name; undefined when to none. */
export const backwardPassOf = (name: string): string | undefined => BACKWARD_PASS.exec(name)?.[0];

const key = (tensor: Tensor): string => `${tensor.node}:${tensor.output}`;

/**
 * Adds the ops that compute the gradient of a loss (reverse-mode differentiation).
 *
 * @param loss a scalar; of a larger tensor the sum is differentiated
 * @param wrt tensors to differentiate with respect to, such as `variable.read()`
 * @returns one gradient per tensor of `wrt`, of its shape and dtype
 * @throws INVALID_ARGUMENT when an op on the way has no rule, or the loss does not depend on one of `wrt`
 */
export function gradients(g: Graph, loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (!isFloating(loss.dtype)) throw graphError(`The loss must be floating point, got ${describe(loss)}`);
  const wanted = new Set(wrt.map(key));
  // The nodes so far are the forward pass; the loop below appends to the graph.
  const forward = [...g.nodes];
  const varying = varyingTensors(forward, wanted);
  return g.withScope(SCOPE, () => {
    const pending = new Map<string, Tensor[]>([[key(loss), [onesLike(g, loss)]]]);
    const results = new Map<string, Tensor>();
    const total = (name: string): Tensor | undefined => {
      const terms = pending.get(name);
      return terms === undefined ? undefined : terms.length === 2 ? add(g, terms[0]!, terms[1]!) : addN(g, terms);
    };
    for (const node of forward.reverse()) {
      for (let output = 0; output < node.outputs.length; output++) {
        const gradient = total(`${node.name}:${output}`);
        if (!gradient) continue;
        pending.delete(`${node.name}:${output}`);
        if (wanted.has(`${node.name}:${output}`)) results.set(`${node.name}:${output}`, gradient);
        if (!node.inputs.some((input) => varying.has(key(input)))) continue;
        if (output !== 0) throw graphError(`The gradient of ${node.type} "${node.name}" flows through output 0 only`);
        for (const [input, term] of differentiate(g, node, gradient, varying))
          pending.set(input, [...(pending.get(input) ?? []), term]);
      }
    }
    return wrt.map((tensor) => {
      const gradient = results.get(key(tensor));
      if (!gradient)
        throw graphError(`The loss "${loss.node}" does not depend on "${tensor.node}" (${describe(tensor)})`);
      return gradient;
    });
  });
}

/** The floating-point tensors through which the loss can depend on what is wanted: only these get gradients. */
function varyingTensors(nodes: readonly GraphNode[], wanted: ReadonlySet<string>): Set<string> {
  const varying = new Set(wanted);
  for (const node of nodes) {
    if (!node.inputs.some((input) => varying.has(key(input)))) continue;
    node.outputs.forEach((spec, output) => isFloating(spec.dtype) && varying.add(`${node.name}:${output}`));
  }
  return varying;
}

function differentiate(g: Graph, node: GraphNode, gradient: Tensor, varying: ReadonlySet<string>): [string, Tensor][] {
  const rule = registry.get(node.type);
  if (!rule) throw graphError(`No gradient rule for ${node.type} ("${node.name}")`);
  const outputs = node.outputs.map((spec, output) => ({ node: node.name, output, ...spec }));
  const needs = (input: number): boolean => varying.has(key(node.inputs[input]!));
  const terms = rule({ g, node, inputs: node.inputs, outputs, gradient, needs });
  return node.inputs.flatMap((input, index) => {
    const term = terms[index];
    return term && needs(index) ? [[key(input), term] as [string, Tensor]] : [];
  });
}

function onesLike(g: Graph, x: Tensor): Tensor {
  if (x.shape.length === 0) return g.constant(1, x.dtype);
  return g.op('OnesLike', [x], { T: { kind: 'type', value: x.dtype } }, [x])[0]!;
}
