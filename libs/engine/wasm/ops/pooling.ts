import { tensorInput, integers, intsAttr, type OpKernel, type OpCall, type OpKernels } from '../op-kernel.js';
import { sizeOf, type HeapValue } from '../value.js';
import { filled } from './elementwise.js';
import { tfjsWindow, windowGeometry, type WindowAxis, type WindowGeometry } from './window.js';

const geometryOf = ({ node }: OpCall, shape: readonly number[]): WindowGeometry =>
  windowGeometry(node, shape, intsAttr(node, 'ksize').slice(1, 3));

const pooling =
  (kernel: string): OpKernel =>
  (call) => {
    const x = tensorInput(call, 0);
    const geometry = geometryOf(call, x.shape);
    const { vertical, horizontal } = geometry;
    if (sizeOf(x) === 0)
      return [call.heap.allocate([geometry.batch, vertical.outSize, horizontal.outSize, x.shape[3]!])];
    // Pools take the padding of height and width only by name.
    const pad =
      vertical.padBefore + vertical.padAfter + horizontal.padBefore + horizontal.padAfter === 0 ? 'valid' : 'same';
    return [
      call.heap.run(kernel, { x }, { ...tfjsWindow(geometry), filterSize: [vertical.window, horizontal.window], pad }),
    ];
  };

/** Kernels of poolings of [batch, height, width, channel] and their gradients. */
export const poolingKernels: OpKernels = {
  MaxPool: pooling('MaxPool'),
  AvgPool: pooling('AvgPool'),
  MaxPoolGrad: (call) => [maxPoolGradient(call)],
  AvgPoolGrad: (call) => [avgPoolGradient(call)],
};

/** Each window's gradient goes to its largest pixel; the first of equal ones. */
function maxPoolGradient(call: OpCall): HeapValue {
  const { heap } = call;
  const [given, gradient] = [tensorInput(call, 0), tensorInput(call, 2)];
  const channels = given.shape[3]!;
  const result = filled(call, given.shape, 'float32', 0);
  const [x, dy, dx] = [heap.floats(given), heap.floats(gradient), heap.floats(result)];
  forEachWindow(geometryOf(call, given.shape), (output, pixels, count) => {
    for (let channel = 0, o = output * channels; channel < channels; channel++, o++) {
      let best = pixels[0]! * channels + channel;
      let largest = x[best]!;
      for (let index = 1; index < count; index++) {
        const i = pixels[index]! * channels + channel;
        if (x[i]! > largest) {
          best = i;
          largest = x[i]!;
        }
      }
      dx[best]! += dy[o]!;
    }
  });
  return result;
}

/** Each window's gradient is shared by the pixels it has seen, padding not counted. */
function avgPoolGradient(call: OpCall): HeapValue {
  const { heap } = call;
  const gradient = tensorInput(call, 1);
  const shape = integers(call, 0);
  const channels = shape[3]!;
  const result = filled(call, shape, 'float32', 0);
  const [dy, dx] = [heap.floats(gradient), heap.floats(result)];
  forEachWindow(geometryOf(call, shape), (output, pixels, count) => {
    for (let index = 0; index < count; index++) {
      for (
        let channel = 0, i = pixels[index]! * channels, o = output * channels;
        channel < channels;
        channel++, i++, o++
      )
        dx[i]! += dy[o]! / count;
    }
  });
  return result;
}

/**
 * Visits every window with the numbers of the pixels inside the image, row by row; the array is the same every time.
 */
function forEachWindow(
  { batch, vertical, horizontal }: WindowGeometry,
  visit: (output: number, pixels: Int32Array, count: number) => void,
): void {
  const pixels = new Int32Array(vertical.window * horizontal.window);
  let output = 0;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < vertical.outSize; row++) {
      const [top, bottom] = span(vertical, row);
      for (let column = 0; column < horizontal.outSize; column++, output++) {
        const [left, right] = span(horizontal, column);
        let count = 0;
        for (let y = top; y < bottom; y++)
          for (let x = left; x < right; x++) pixels[count++] = (image * vertical.inSize + y) * horizontal.inSize + x;
        visit(output, pixels, count);
      }
    }
  }
}

/** What a window sees along one axis: from the first pixel to before the last. */
function span({ stride, window, padBefore, inSize }: WindowAxis, index: number): [begin: number, end: number] {
  const begin = index * stride - padBefore;
  return [Math.max(0, begin), Math.min(inSize, begin + window)];
}
