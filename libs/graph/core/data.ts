import { endianness } from 'node:os';
import { graphError } from './errors.js';
import type { DType, Shape, TensorData } from './types.js';

/** Numbers a constant can be made of. */
export type NumericData = number | readonly number[] | Float32Array | Int32Array | Uint8Array;

/** Bytes per element; strings and resources have none. */
export const BYTES_PER_ELEMENT: Readonly<Record<Exclude<DType, 'string' | 'resource'>, number>> = {
  float32: 4,
  bfloat16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
};

/** Number of elements of a fully known shape. */
export const elementCount = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** float32 → bfloat16 bits, rounded to nearest even as TensorFlow's Cast does. */
export function toBfloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  scratch[0] = value;
  const bits = scratchBits[0]!;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Encodes numbers as the little-endian bytes of a dtype. */
export function encodeTensor(value: NumericData, dtype: DType, shape?: Shape): TensorData {
  const values = typeof value === 'number' ? [value] : value;
  const actual = shape ?? (typeof value === 'number' ? [] : [values.length]);
  if (elementCount(actual) !== values.length)
    throw graphError(
      `A constant of shape [${actual.join(',')}] needs ${elementCount(actual)} values, got ${values.length}`,
    );
  return { dtype, shape: actual, bytes: encodeValues(values, dtype) };
}

function encodeValues(values: ArrayLike<number>, dtype: DType): Uint8Array {
  // Typed arrays use the machine's byte order; the wire format is little-endian.
  if (endianness() !== 'LE') throw graphError('Only little-endian machines are supported');
  switch (dtype) {
    case 'float32':
      return bytesOf(new Float32Array(values));
    case 'int32':
      return bytesOf(new Int32Array(values));
    case 'int16':
      return bytesOf(new Int16Array(values));
    case 'uint8':
      return new Uint8Array(values);
    case 'bool':
      return Uint8Array.from(values, (value) => (value ? 1 : 0));
    case 'bfloat16':
      return bytesOf(roundToBfloat16(new Float32Array(values)));
    case 'int64':
      return bytesOf(BigInt64Array.from(Array.from(values, BigInt)));
    default:
      throw graphError(`A constant cannot have dtype ${dtype}`);
  }
}

/** {@link toBfloat16Bits} of many values: a loop over their bits, because weights come in tens of millions. */
function roundToBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const rounded = new Uint16Array(values.length);
  for (let index = 0; index < bits.length; index++) {
    const word = bits[index]!;
    const isNaN = (word & 0x7fffffff) > 0x7f800000;
    rounded[index] = isNaN ? 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return rounded;
}

/** The bytes of a typed array, not copied. */
export const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
