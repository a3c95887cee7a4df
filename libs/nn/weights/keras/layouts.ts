import type { ParameterInfo } from '../../layers/parameter.js';
import { elementCount, type StateTensor } from '../../state/network-state.js';

/** Moves axes: axis k of the result is axis `order[k]` of the tensor. */
function permute({ shape, data }: StateTensor, order: readonly number[]): StateTensor {
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const outShape = order.map((axis) => shape[axis]!);
  const outStrides = order.map((axis) => strides[axis]!);
  const result = new Float32Array(data.length);
  const position = outShape.map(() => 0);
  let source = 0;
  for (let index = 0; index < result.length; index++) {
    result[index] = data[source]!;
    for (let axis = outShape.length - 1; axis >= 0; axis--) {
      source += outStrides[axis]!;
      if (++position[axis]! < outShape[axis]!) break;
      source -= outStrides[axis]! * outShape[axis]!;
      position[axis] = 0;
    }
  }
  return { shape: outShape, data: result };
}

/**
 * A kernel of Keras in torch's layout: convolutions [height, width, in, out] → [out, in, height, width], depthwise ones
 * [height, width, channels, 1] → [channels, 1, height, width], dense ones [in, out] → [out, in], also where Keras has a
 * 1×1 convolution in their place.
 * @param flattenedChannels of the feature map whose flattening the dense layer takes, 0 for none: Keras flattens
 *   [height, width, channel], torch [channel, height, width]
 */
export function toTorchKernel({ layout }: ParameterInfo, kernel: StateTensor, flattenedChannels: number): StateTensor {
  const { shape } = kernel;
  if (shape.length === 4 && layout !== 'plain')
    return permute(kernel, layout === 'depthwise' ? [2, 3, 0, 1] : [3, 2, 0, 1]);
  const [rows, columns] = shape.slice(-2) as [number, number];
  if (shape.slice(0, -2).some((size) => size !== 1)) return kernel;
  if (flattenedChannels === 0 || rows % flattenedChannels !== 0)
    return permute({ shape: [rows, columns], data: kernel.data }, [1, 0]);
  const { data } = permute(
    { shape: [rows / flattenedChannels, flattenedChannels, columns], data: kernel.data },
    [2, 1, 0],
  );
  return { shape: [columns, rows], data };
}

/** Turns the colours that a convolution [out, in, height, width] takes round. */
export function reverseInputChannels(weight: StateTensor): StateTensor {
  const [out, channels, height, width] = weight.shape as [number, number, number, number];
  const area = height * width;
  const data = new Float32Array(weight.data.length);
  for (let plane = 0; plane < out * channels; plane++) {
    const mirrored = plane - (plane % channels) + (channels - 1 - (plane % channels));
    data.set(weight.data.subarray(mirrored * area, (mirrored + 1) * area), plane * area);
  }
  return { shape: weight.shape, data };
}
