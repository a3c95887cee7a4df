import { attr, describe, graphError, type Graph, type Tensor } from '../core/index.js';
import { requireRank, requireSameType } from './shapes.js';

/** Matrix product of [m,k] and [k,n]; either may be given transposed. */
export function matMul(
  g: Graph,
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false }: { transposeA?: boolean; transposeB?: boolean } = {},
): Tensor {
  requireRank(a, 2, 'The left side of matMul');
  requireRank(b, 2, 'The right side of matMul');
  requireSameType([a, b], 'matMul');
  const [m, inner] = transposeA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const [outer, n] = transposeB ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
  if (inner !== outer && inner !== -1 && outer !== -1)
    throw graphError(`matMul of ${describe(a)} and ${describe(b)}: inner sizes ${inner} and ${outer} differ`);
  return g.op(
    'MatMul',
    [a, b],
    { T: attr.type(a.dtype), transpose_a: attr.bool(transposeA), transpose_b: attr.bool(transposeB) },
    [{ dtype: a.dtype, shape: [m, n] }],
  )[0]!;
}

/** Adds a vector to the last axis (channels). */
export function biasAdd(g: Graph, x: Tensor, bias: Tensor): Tensor {
  requireRank(bias, 1, 'A bias');
  requireSameType([x, bias], 'biasAdd');
  if (x.shape.length < 2 || x.shape.at(-1) !== bias.shape[0])
    throw graphError(`biasAdd: ${describe(bias)} does not fit the last axis of ${describe(x)}`);
  return g.op('BiasAdd', [x, bias], { T: attr.type(x.dtype), data_format: attr.string('NHWC') }, [x])[0]!;
}
