import { SulcusError } from '#libs/errors';
import type { Shape, TensorSpec } from './types.js';

/** The error for a graph that cannot be built as asked. */
export const graphError = (message: string, details: Record<string, string | number> = {}): SulcusError =>
  new SulcusError('INVALID_ARGUMENT', message, { details });

/** `[?,224,224,3]`: a shape as error texts show it. */
export const describeShape = (shape: Shape): string =>
  `[${shape.map((size) => (size === -1 ? '?' : String(size))).join(',')}]`;

/** `float32[?,10]`: a tensor as error texts show it. */
export const describe = (tensor: TensorSpec): string => `${tensor.dtype}${describeShape(tensor.shape)}`;
