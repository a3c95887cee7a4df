import { elementCount, type Graph, type Tensor } from '../../core/index.js';

/** The numbers of a float32 constant, or of one that is only cast on the way; undefined when the value is computed. */
export function constantFloats(g: Graph, tensor: Tensor): Float32Array | undefined {
  const node = g.node(tensor.node);
  if (node.type === 'Cast') return constantFloats(g, node.inputs[0]!);
  const value = node.attrs['value'];
  if (node.type !== 'Const' || value?.kind !== 'tensor' || value.value.dtype !== 'float32') return undefined;
  const { bytes, shape } = value.value;
  // Bytes may start anywhere; floats must be aligned.
  const aligned = bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, elementCount(shape));
}

/** Reorders the axes of row-major numbers: output axis i is input axis `permutation[i]`. */
export function transposeFloats(
  data: Float32Array,
  shape: readonly number[],
  permutation: readonly number[],
): Float32Array {
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const sizes = permutation.map((axis) => shape[axis]!);
  const steps = permutation.map((axis) => strides[axis]!);
  const result = new Float32Array(data.length);
  const rowLength = sizes.at(-1) ?? 1;
  const rowStep = steps.at(-1) ?? 0;
  const position = sizes.slice(0, -1).map(() => 0);
  let source = 0;
  for (let target = 0; target < result.length; target += rowLength) {
    for (let index = 0; index < rowLength; index++) result[target + index] = data[source + index * rowStep]!;
    // Counts up like an odometer, keeping the place in the source.
    for (let axis = position.length - 1; axis >= 0; axis--) {
      source += steps[axis]!;
      if (++position[axis]! < sizes[axis]!) break;
      source -= sizes[axis]! * steps[axis]!;
      position[axis] = 0;
    }
  }
  return result;
}
