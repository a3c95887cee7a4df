import { attr, type Graph, type GraphNode, type Tensor } from '../../core/index.js';
import { cast, mul } from '../../ops/index.js';
import { FIXED_POINT_LIMIT, FIXED_POINT_SUM, FIXED_POINT_UNITS } from '../../ops/fixed-point.js';
import type { Program } from '../../program/program.js';
import { rewriteProgram } from '../rewrite-program.js';

/**
 * Device-specific rewrite: sums in fixed point by the custom op (libs/engine/native/kernels), one pass over memory,
 * where the device has it, else by TensorFlow's ops. Both give the same bits.
 */
export function rewriteFixedPointSums(program: Program, hasCustomOp: boolean): Program {
  if (program.graph.nodes.every(({ type }) => type !== FIXED_POINT_SUM)) return program;
  return rewriteProgram(program, [
    (g, node, inputs) => {
      if (node.type !== FIXED_POINT_SUM) return undefined;
      return hasCustomOp
        ? g.op('SulcusFixedPointSum', inputs, node.attrs, node.outputs, { name: node.name })
        : sumByIntegers(g, node, inputs);
    },
  ]);
}

function sumByIntegers(g: Graph, { name, outputs }: GraphNode, inputs: readonly Tensor[]): readonly Tensor[] {
  return g.withScope(name, () => {
    const units = inputs
      .map((x) => cast(g, mul(g, x, FIXED_POINT_UNITS), 'int64'))
      .reduce((sum, each) => g.op('AddV2', [sum, each], { T: attr.type('int64') }, [each])[0]!);
    const sum = mul(g, cast(g, units, 'float32'), 1 / FIXED_POINT_UNITS);
    const inside = inputs
      .map((x) => isInside(g, x, FIXED_POINT_LIMIT / inputs.length))
      .reduce((all, each) => g.op('LogicalAnd', [all, each], {}, [each])[0]!);
    const choices = [inside, g.constant(0), g.constant(Number.NaN)];
    const check = g.op('SelectV2', choices, { T: attr.type('float32') }, [outputs[1]!])[0]!;
    return [sum, check];
  });
}

/** A bool scalar: whether all absolute values are below the limit; false where one is NaN. */
function isInside(g: Graph, x: Tensor, limit: number): Tensor {
  const T = attr.type('float32');
  const absolute = g.op('Abs', [x], { T }, [x])[0]!;
  const flags = g.op('Less', [absolute, g.constant(limit)], { T }, [{ dtype: 'bool', shape: x.shape }])[0]!;
  const axes = g.constant(
    x.shape.map((_, axis) => axis),
    'int32',
    [x.shape.length],
  );
  const attrs = { Tidx: attr.type('int32'), keep_dims: attr.bool(false) };
  return g.op('All', [flags, axes], attrs, [{ dtype: 'bool', shape: [] }])[0]!;
}
