import { heap, integers, type KernelCall, type Kernels } from '../kernel.js';
import type { Memory } from '../memory.js';
import { sizeOf, type HeapValue } from '../value.js';
import { filled } from './elementwise.js';
import { imagesToColumns, windowsToImages } from './im2col.js';
import { matMul, transposed } from './linear.js';
import { tfjsWindow, windowGeometry, type WindowAxis, type WindowGeometry } from './window.js';

/** Elements of the matrix that a filter's gradient is multiplied from: bounds its memory (16 MB). */
const COLUMNS_ELEMENTS = 4 << 20;

/** Kernels of convolutions and their gradients. tfjs's WebAssembly has only the first; its input gradient is slow. */
export const convolutionKernels: Kernels = {
  Conv2D: (call) => {
    const [x, filter] = [heap(call, 0), heap(call, 1)];
    const geometry = windowGeometry(call.node, x.shape, filter.shape);
    if (sizeOf(x) === 0)
      return [
        call.memory.allocate([
          geometry.batch,
          geometry.vertical.outSize,
          geometry.horizontal.outSize,
          filter.shape[3]!,
        ]),
      ];
    return [call.memory.run('Conv2D', { x, filter }, tfjsWindow(geometry))];
  },
  Conv2DBackpropInput: (call) => [inputGradient(call)],
  Conv2DBackpropFilter: (call) => [filterGradient(call)],
};

/** Σ over images and output pixels of what the window saw times the gradient: one matrix product per few images. */
function filterGradient(call: KernelCall): HeapValue {
  const { memory, node } = call;
  const [x, gradient] = [heap(call, 0), heap(call, 2)];
  const shape = integers(call, 1) as [number, number, number, number];
  const [, , channels, outChannels] = shape;
  const geometry = windowGeometry(node, x.shape, shape);
  const rows = sizeOf({ shape: shape.slice(0, 3) });
  const pixels = geometry.vertical.outSize * geometry.horizontal.outSize;
  const imagesAtOnce = Math.max(1, Math.min(geometry.batch, Math.floor(COLUMNS_ELEMENTS / (rows * pixels))));
  const sum = filled(call, [rows, outChannels], 'float32', 0);
  for (let first = 0; first < geometry.batch; first += imagesAtOnce) {
    memory.keepOnly(() => {
      const end = Math.min(geometry.batch, first + imagesAtOnce);
      const columns = memory.allocate([rows, (end - first) * pixels]);
      const part = memory.allocate([(end - first) * pixels, outChannels]);
      imagesToColumns(memory.floats(x), memory.floats(columns), channels, geometry, { first, end });
      memory
        .floats(part)
        .set(memory.floats(gradient).subarray(first * pixels * outChannels, end * pixels * outChannels));
      const product = matMul(memory, columns, part);
      const [total, term] = [memory.floats(sum), memory.floats(product)];
      for (let i = 0; i < total.length; i++) total[i]! += term[i]!;
      return [];
    });
  }
  return memory.share(sum, shape);
}

/** At stride 1 a convolution with the turned filter; else a matrix product whose rows are added to the pixels they saw. */
function inputGradient(call: KernelCall): HeapValue {
  const { memory, node } = call;
  const [filter, gradient] = [heap(call, 1), heap(call, 2)];
  const shape = integers(call, 0) as [number, number, number, number];
  const geometry = windowGeometry(node, shape, filter.shape);
  const { vertical, horizontal } = geometry;
  if (sizeOf({ shape }) === 0) return memory.allocate(shape);
  const fits = (axis: WindowAxis): boolean =>
    axis.stride === 1 && reach(axis) >= Math.max(axis.padBefore, axis.padAfter);
  if (fits(vertical) && fits(horizontal))
    return memory.run('Conv2D', { x: gradient, filter: turned(memory, filter) }, tfjsWindow(reversed(geometry)));

  const channels = filter.shape[2]!;
  const outChannels = filter.shape[3]!;
  const weights = transposed(memory, { ...filter, shape: [sizeOf(filter) / outChannels, outChannels] });
  const windows = matMul(memory, { ...gradient, shape: [sizeOf(gradient) / outChannels, outChannels] }, weights);
  const images = filled(call, shape, 'float32', 0);
  windowsToImages(memory.floats(windows), memory.floats(images), channels, geometry);
  return images;
}

/** How many pixels a window covers beyond one. */
const reach = ({ window, dilation }: WindowAxis): number => (window - 1) * dilation;

/** The geometry that leads from a gradient of stride 1 back to the input. */
function reversed({ batch, vertical, horizontal }: WindowGeometry): WindowGeometry {
  const axis = (given: WindowAxis): WindowAxis => ({
    ...given,
    inSize: given.outSize,
    outSize: given.inSize,
    padBefore: reach(given) - given.padBefore,
    padAfter: reach(given) - given.padAfter,
  });
  return { batch, vertical: axis(vertical), horizontal: axis(horizontal) };
}

/** The filter turned by 180°, its input and output channels exchanged: [height, width, in, out] → [height, width, out, in]. */
function turned(memory: Memory, filter: HeapValue): HeapValue {
  const [height, width, channels, outChannels] = filter.shape as [number, number, number, number];
  const result = memory.allocate([height, width, outChannels, channels]);
  const [source, target] = [memory.floats(filter), memory.floats(result)];
  const area = channels * outChannels;
  for (let place = 0; place < height * width; place++) {
    const [from, to] = [place * area, (height * width - 1 - place) * area];
    for (let channel = 0; channel < channels; channel++) {
      for (
        let out = 0, s = from + channel * outChannels, t = to + channel;
        out < outChannels;
        out++, s++, t += channels
      )
        target[t] = source[s]!;
    }
  }
  return result;
}
