import { tensorInput, integers, type OpCall, type OpKernels } from '../op-kernel.js';
import type { Heap } from '../heap.js';
import { sizeOf, type HeapValue } from '../value.js';
import { filled } from './elementwise.js';
import { imagesToColumns, windowsToImages } from './im2col.js';
import { matMul, transposed } from './linear.js';
import { tfjsWindow, windowGeometry, type WindowAxis, type WindowGeometry } from './window.js';

/** Elements of the matrix that a filter's gradient is multiplied from: bounds its memory (16 MB). */
const COLUMNS_ELEMENTS = 4 << 20;

/** Kernels of convolutions and their gradients. tfjs's WebAssembly has only the first; its input gradient is slow. */
export const convolutionKernels: OpKernels = {
  Conv2D: (call) => {
    const [x, filter] = [tensorInput(call, 0), tensorInput(call, 1)];
    const geometry = windowGeometry(call.node, x.shape, filter.shape);
    if (sizeOf(x) === 0)
      return [
        call.heap.allocate([geometry.batch, geometry.vertical.outSize, geometry.horizontal.outSize, filter.shape[3]!]),
      ];
    return [call.heap.run('Conv2D', { x, filter }, tfjsWindow(geometry))];
  },
  Conv2DBackpropInput: (call) => [inputGradient(call)],
  Conv2DBackpropFilter: (call) => [filterGradient(call)],
};

/** Σ over images and output pixels of what the window saw times the gradient: one matrix product per few images. */
function filterGradient(call: OpCall): HeapValue {
  const { heap, node } = call;
  const [x, gradient] = [tensorInput(call, 0), tensorInput(call, 2)];
  const shape = integers(call, 1) as [number, number, number, number];
  const [, , channels, outChannels] = shape;
  const geometry = windowGeometry(node, x.shape, shape);
  const rows = sizeOf({ shape: shape.slice(0, 3) });
  const pixels = geometry.vertical.outSize * geometry.horizontal.outSize;
  const imagesAtOnce = Math.max(1, Math.min(geometry.batch, Math.floor(COLUMNS_ELEMENTS / (rows * pixels))));
  const sum = filled(call, [rows, outChannels], 'float32', 0);
  for (let first = 0; first < geometry.batch; first += imagesAtOnce) {
    heap.keepOnly(() => {
      const end = Math.min(geometry.batch, first + imagesAtOnce);
      const columns = heap.allocate([rows, (end - first) * pixels]);
      const part = heap.allocate([(end - first) * pixels, outChannels]);
      imagesToColumns(heap.floats(x), heap.floats(columns), channels, geometry, { first, end });
      heap.floats(part).set(heap.floats(gradient).subarray(first * pixels * outChannels, end * pixels * outChannels));
      const product = matMul(heap, columns, part);
      const [total, term] = [heap.floats(sum), heap.floats(product)];
      for (let i = 0; i < total.length; i++) total[i]! += term[i]!;
      return [];
    });
  }
  return heap.share(sum, shape);
}

/**
 * At stride 1 a convolution with the turned filter; else a matrix product whose rows are added to the pixels they saw.
 */
function inputGradient(call: OpCall): HeapValue {
  const { heap, node } = call;
  const [filter, gradient] = [tensorInput(call, 1), tensorInput(call, 2)];
  const shape = integers(call, 0) as [number, number, number, number];
  const geometry = windowGeometry(node, shape, filter.shape);
  const { vertical, horizontal } = geometry;
  if (sizeOf({ shape }) === 0) return heap.allocate(shape);
  const fits = (axis: WindowAxis): boolean =>
    axis.stride === 1 && reach(axis) >= Math.max(axis.padBefore, axis.padAfter);
  if (fits(vertical) && fits(horizontal))
    return heap.run('Conv2D', { x: gradient, filter: turned(heap, filter) }, tfjsWindow(reversed(geometry)));

  const channels = filter.shape[2]!;
  const outChannels = filter.shape[3]!;
  const weights = transposed(heap, { ...filter, shape: [sizeOf(filter) / outChannels, outChannels] });
  const windows = matMul(heap, { ...gradient, shape: [sizeOf(gradient) / outChannels, outChannels] }, weights);
  const images = filled(call, shape, 'float32', 0);
  windowsToImages(heap.floats(windows), heap.floats(images), channels, geometry);
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

/**
 * The filter turned by 180°, its input and output channels exchanged: [height, width, in, out] → [height, width, out,
 * in].
 */
function turned(heap: Heap, filter: HeapValue): HeapValue {
  const [height, width, channels, outChannels] = filter.shape as [number, number, number, number];
  const result = heap.allocate([height, width, outChannels, channels]);
  const [source, target] = [heap.floats(filter), heap.floats(result)];
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
