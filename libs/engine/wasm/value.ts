import { elementCount } from '#libs/graph';

/** Element types that live on the WebAssembly heap. uint8 is held as int32, which every kernel takes. */
export type HeapType = 'float32' | 'int32' | 'bool';

/** A tensor on the WebAssembly heap. */
export interface HeapValue {
  readonly place: 'heap';
  readonly dtype: HeapType;
  readonly shape: number[];
  /** The backend's handle of the memory; values that differ in their shape only share it. */
  readonly dataId: object;
}

/** A value that no kernel computes with: bytes that are fed, and int64, which the backend lacks. */
export type HostValue =
  | {
      readonly place: 'host';
      readonly dtype: 'string';
      readonly shape: readonly number[];
      readonly data: readonly Uint8Array[];
    }
  | {
      readonly place: 'host';
      readonly dtype: 'int64';
      readonly shape: readonly number[];
      readonly data: BigInt64Array;
    };

/** What a variable's handle is: its name. */
export interface VariableHandle {
  readonly place: 'variable';
  readonly name: string;
}

export type Value = HeapValue | HostValue | VariableHandle;

/** Elements of a value on the heap, seen in place. Views end when the heap grows: allocate first, look afterwards. */
export type HeapView = Float32Array | Int32Array | Uint8Array;

export const sizeOf = ({ shape }: { readonly shape: readonly number[] }): number => elementCount(shape);
