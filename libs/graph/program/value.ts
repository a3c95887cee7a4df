import type { ValueType } from './program.js';

/** Arrays that hold a value's elements in row-major order. bool is 0 or 1 per byte. */
export type ValueData = Float32Array | Int32Array | BigInt64Array | Uint8Array | readonly Uint8Array[];

/**
 * A tensor with its elements, as fed to and fetched from an engine. `string` is one byte string per element.
 * An array handed over must not be written to until the run has answered.
 */
export type TensorValue =
  | { dtype: 'float32'; shape: readonly number[]; data: Float32Array }
  | { dtype: 'int32'; shape: readonly number[]; data: Int32Array }
  | { dtype: 'int64'; shape: readonly number[]; data: BigInt64Array }
  | { dtype: 'uint8' | 'bool'; shape: readonly number[]; data: Uint8Array }
  | { dtype: 'string'; shape: readonly number[]; data: readonly Uint8Array[] };

type DataOf<T extends ValueType> = Extract<TensorValue, { dtype: T }>['data'];

/** The elements of a value, checked to be of the dtype. Throws a TypeError for a dtype that is not there. */
export function dataOf<T extends ValueType>(value: TensorValue | undefined, dtype: T): DataOf<T> {
  if (value?.dtype !== dtype) throw new TypeError(`expected a ${dtype} value, got ${value?.dtype ?? 'nothing'}`);
  return value.data as DataOf<T>;
}
