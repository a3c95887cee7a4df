import { SulcusError } from '#libs/errors';
import {
  bytesOf,
  describe,
  describeShape,
  elementCount,
  type TensorInfo,
  type LoweredSignature,
  type ValueType,
  type TensorValue,
} from '#libs/graph';
import type { Feed } from './messages.js';

const ARRAY_TYPE: Readonly<Record<Exclude<ValueType, 'string'>, new (length: number) => ArrayBufferView>> = {
  float32: Float32Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/**
 * Checks what is fed against what the signature takes: the session itself would not notice a wrong shape.
 *
 * @throws INVALID_ARGUMENT naming every mistake
 */
export function checkedFeeds(
  name: string,
  signature: LoweredSignature,
  values: Readonly<Record<string, TensorValue>>,
): Feed[] {
  const mistakes = [
    ...Object.keys(values)
      .filter((key) => !(key in signature.inputs))
      .map((key) => `there is no input "${key}"`),
    ...Object.entries(signature.inputs).flatMap(([key, info]) => mistakesOf(key, info, values[key])),
  ];
  if (mistakes.length > 0)
    throw new SulcusError('INVALID_ARGUMENT', `Signature "${name}": ${mistakes.join('; ')}`, {
      details: { mistakes },
    });
  return Object.entries(signature.inputs).map(([key, info]) => toFeed(info, values[key]!));
}

function mistakesOf(name: string, info: TensorInfo, value: TensorValue | undefined): string[] {
  if (!value) return [`input "${name}" (${describe(info)}) is missing`];
  const fits =
    value.dtype === info.dtype &&
    value.shape.length === info.shape.length &&
    value.shape.every((size, axis) => Number.isInteger(size) && size >= 0 && [-1, size].includes(info.shape[axis]!));
  if (!fits) return [`input "${name}" must be ${describe(info)}, got ${describe(value)}`];
  const [isRightArray, wanted] =
    value.dtype === 'string'
      ? [Array.isArray(value.data), 'an array of byte strings']
      : [value.data instanceof ARRAY_TYPE[value.dtype], ARRAY_TYPE[value.dtype].name];
  if (!isRightArray) return [`input "${name}" needs ${wanted} for ${value.dtype}`];
  const elements = elementCount(value.shape);
  if (value.data.length !== elements)
    return [
      `input "${name}" of shape ${describeShape(value.shape)} needs ${elements} elements, got ${value.data.length}`,
    ];
  return [];
}

const toFeed = (info: TensorInfo, value: TensorValue): Feed =>
  value.dtype === 'string'
    ? { tensor: info.tensor, shape: value.shape, strings: value.data }
    : { tensor: info.tensor, shape: [], strings: [bytesOf(value.data)] };

/** Bytes a feed carries. */
export const feedBytes = (feed: Feed): number => feed.strings.reduce((sum, each) => sum + each.byteLength, 0);
