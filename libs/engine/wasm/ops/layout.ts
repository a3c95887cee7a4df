import { BYTES_PER_ELEMENT, type DType } from '#libs/graph';
import { tensorInput, integers, type OpCall, type OpKernels } from '../op-kernel.js';
import { copyStrided, rowMajorStrides } from '../strided-copy.js';
import { sizeOf, type HeapType, type HeapValue, type HostValue, type Value } from '../value.js';
import { broadcast } from './broadcast.js';

/** How the graph's element types are held on the heap. */
export function heapType(dtype: DType): HeapType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  if (dtype === 'uint8') return 'int32';
  throw new Error(`the portable engine does not compute with ${dtype}`);
}

/** Kernels of ops that move or copy elements. */
export const layoutKernels: OpKernels = {
  Shape: (call) => [
    call.heap.write(Int32Array.from(shapeOf(call.inputs[0]!)), [shapeOf(call.inputs[0]!).length], 'int32'),
  ],
  Reshape: (call) => {
    const x = call.inputs[0]!;
    const shape = resolved(integers(call, 1), shapeOf(x));
    return [x.place === 'heap' ? call.heap.share(x, shape) : { ...(x as HostValue), shape }];
  },
  Cast: (call) => [cast(call)],
  Transpose: (call) => [call.heap.run('Transpose', { x: tensorInput(call, 0) }, { perm: integers(call, 1) })],
  ConcatV2: (call) => [concat(call)],
  Tile: (call) => [tile(call, integers(call, 1))],
  Slice: (call) => {
    const [x, begin, size] = [tensorInput(call, 0), integers(call, 1), integers(call, 2)];
    const shape = size.map((length, axis) => (length === -1 ? x.shape[axis]! - begin[axis]! : length));
    const y = call.heap.allocate(shape, x.dtype);
    copyStrided(boxOf(call, x, begin), boxOf(call, y), shape);
    return [y];
  },
  Pad: (call) => [pad(call, 0)],
  PadV2: (call) => [pad(call, call.heap.view(tensorInput(call, 2))[0]!)],
  BroadcastTo: (call) => {
    const [x, shape] = [tensorInput(call, 0), integers(call, 1)];
    return [x.shape.join() === shape.join() ? call.heap.share(x) : broadcast(call.heap, x, shape)];
  },
  DecodeRaw: (call) => [decodeRaw(call)],
};

function shapeOf(value: Value): readonly number[] {
  if (value.place === 'variable') throw new Error(`the variable "${value.name}" is no tensor`);
  return value.shape;
}

/** A shape whose size of -1 is worked out from the number of elements. */
function resolved(wanted: readonly number[], given: readonly number[]): number[] {
  const known = sizeOf({ shape: wanted.filter((size) => size !== -1) });
  return wanted.map((size) => (size === -1 ? (known === 0 ? 0 : sizeOf({ shape: given }) / known) : size));
}

const boxOf = ({ heap }: OpCall, value: HeapValue, begin: readonly number[] = value.shape.map(() => 0)) => {
  const strides = rowMajorStrides(value.shape);
  return {
    view: heap.view(value),
    offset: begin.reduce((sum, position, axis) => sum + position * strides[axis]!, 0),
    strides,
  };
};

function cast({ node, inputs, heap }: OpCall): Value {
  const from = inputs[0]!;
  const dtype = node.outputs[0]!.dtype;
  if (from.place === 'variable' || from.dtype === 'string') throw new Error(`"${node.name}" cannot be cast`);
  if (dtype === 'int64') {
    const numbers: ArrayLike<bigint | number> = from.place === 'host' ? from.data : heap.view(from);
    return {
      place: 'host',
      dtype,
      shape: from.shape,
      data: BigInt64Array.from(numbers, (value) => (typeof value === 'bigint' ? value : BigInt(Math.trunc(value)))),
    };
  }
  if (from.place === 'heap' && from.dtype === heapType(dtype) && dtype !== 'uint8') return heap.share(from);
  const y = heap.allocate(from.shape, heapType(dtype));
  const [target, source] = [
    heap.view(y),
    from.place === 'host' ? Float64Array.from(from.data, Number) : heap.view(from),
  ];
  if (dtype === 'bool') for (let i = 0; i < target.length; i++) target[i] = source[i] === 0 ? 0 : 1;
  else if (dtype === 'uint8') for (let i = 0; i < target.length; i++) target[i] = source[i]! & 0xff;
  else target.set(source);
  return y;
}

function concat(call: OpCall): HeapValue {
  const parts = call.inputs.slice(0, -1).map((_, index) => tensorInput(call, index));
  const [axis] = integers(call, parts.length);
  const shape = parts[0]!.shape.map((size, each) =>
    each === axis ? parts.reduce((sum, part) => sum + part.shape[each]!, 0) : size,
  );
  const y = call.heap.allocate(shape, parts[0]!.dtype);
  let offset = 0;
  for (const part of parts) {
    copyStrided(
      boxOf(call, part),
      boxOf(
        call,
        y,
        shape.map((_, each) => (each === axis ? offset : 0)),
      ),
      part.shape,
    );
    offset += part.shape[axis!]!;
  }
  return y;
}

/** [s] repeated m times is [m, s] with a stride of 0 along m. */
function tile(call: OpCall, multiples: readonly number[]): HeapValue {
  const x = tensorInput(call, 0);
  const y = call.heap.allocate(
    x.shape.map((size, axis) => size * multiples[axis]!),
    x.dtype,
  );
  const folded = x.shape.flatMap((size, axis) => [multiples[axis]!, size]);
  const strides = rowMajorStrides(x.shape).flatMap((stride) => [0, stride]);
  copyStrided(
    { view: call.heap.view(x), offset: 0, strides },
    { view: call.heap.view(y), offset: 0, strides: rowMajorStrides(folded) },
    folded,
  );
  return y;
}

function pad(call: OpCall, value: number): HeapValue {
  const [x, amounts] = [tensorInput(call, 0), integers(call, 1)];
  const y = call.heap.allocate(
    x.shape.map((size, axis) => size + amounts[2 * axis]! + amounts[2 * axis + 1]!),
    x.dtype,
  );
  call.heap.view(y).fill(value);
  copyStrided(
    boxOf(call, x),
    boxOf(
      call,
      y,
      x.shape.map((_, axis) => amounts[2 * axis]!),
    ),
    x.shape,
  );
  return y;
}

/** Little-endian bytes of a scalar string as a vector. */
function decodeRaw({ node, inputs, heap }: OpCall): Value {
  const text = inputs[0]!;
  if (text.place !== 'host' || text.dtype !== 'string' || text.shape.length > 0)
    throw new Error(`"${node.name}" decodes one string only`);
  const bytes = text.data[0]!;
  const { dtype } = node.outputs[0]!;
  if (dtype === 'string' || dtype === 'resource' || bytes.byteLength % BYTES_PER_ELEMENT[dtype] !== 0)
    throw new Error(`"${node.name}": ${bytes.byteLength} bytes are no ${dtype}`);
  return fromBytes(heap, bytes, dtype, [bytes.byteLength / BYTES_PER_ELEMENT[dtype]]);
}

/** A tensor from its little-endian bytes. */
export function fromBytes(
  heap: OpCall['heap'],
  bytes: Uint8Array,
  dtype: DType,
  shape: readonly number[],
): HeapValue | HostValue {
  if (dtype === 'int64') return { place: 'host', dtype, shape, data: new BigInt64Array(bytes.slice().buffer) };
  const value = heap.allocate(shape, heapType(dtype));
  const view = heap.view(value);
  if (dtype === 'uint8') view.set(bytes);
  else new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
  return value;
}
