import { heap, integers, intsAttr, type Kernel, type KernelCall, type Kernels } from '../kernel.js';
import { sizeOf, type HeapValue } from '../value.js';
import { filled } from './elementwise.js';
import { tfjsWindow, windowGeometry, type WindowAxis, type WindowGeometry } from './window.js';

const geometryOf = ({ node }: KernelCall, shape: readonly number[]): WindowGeometry => windowGeometry(node, shape, intsAttr(node, 'ksize').slice(1, 3));

const pooling =
  (kernel: string): Kernel =>
  (call) => {
    const x = heap(call, 0);
    const geometry = geometryOf(call, x.shape);
    const { vertical, horizontal } = geometry;
    if (sizeOf(x) === 0) return [call.memory.allocate([geometry.batch, vertical.outSize, horizontal.outSize, x.shape[3]!])];
    // Pools take the padding of height and width only by name.
    const pad = vertical.padBefore + vertical.padAfter + horizontal.padBefore + horizontal.padAfter === 0 ? 'valid' : 'same';
    return [call.memory.run(kernel, { x }, { ...tfjsWindow(geometry), filterSize: [vertical.window, horizontal.window], pad })];
  };

/** Kernels of poolings of [batch, height, width, channel] and their gradients. */
export const poolingKernels: Kernels = {
  MaxPool: pooling('MaxPool'),
  AvgPool: pooling('AvgPool'),
  MaxPoolGrad: (call) => [maxPoolGradient(call)],
  AvgPoolGrad: (call) => [avgPoolGradient(call)],
};

/** Each window's gradient goes to its largest pixel; the first of equal ones. */
function maxPoolGradient(call: KernelCall): HeapValue {
  const { memory } = call;
  const [given, gradient] = [heap(call, 0), heap(call, 2)];
  const channels = given.shape[3]!;
  const result = filled(call, given.shape, 'float32', 0);
  const [x, dy, dx] = [memory.floats(given), memory.floats(gradient), memory.floats(result)];
  const best = new Int32Array(channels);
  forEachWindow(geometryOf(call, given.shape), (output, pixels) => {
    for (let channel = 0; channel < channels; channel++) best[channel] = pixels[0]! * channels + channel;
    for (const pixel of pixels) {
      for (let channel = 0, i = pixel * channels; channel < channels; channel++, i++) if (x[i]! > x[best[channel]!]!) best[channel] = i;
    }
    for (let channel = 0, o = output * channels; channel < channels; channel++, o++) dx[best[channel]!]! += dy[o]!;
  });
  return result;
}

/** Each window's gradient is shared by the pixels it has seen, padding not counted. */
function avgPoolGradient(call: KernelCall): HeapValue {
  const { memory } = call;
  const gradient = heap(call, 1);
  const shape = integers(call, 0);
  const channels = shape[3]!;
  const result = filled(call, shape, 'float32', 0);
  const [dy, dx] = [memory.floats(gradient), memory.floats(result)];
  forEachWindow(geometryOf(call, shape), (output, pixels) => {
    for (const pixel of pixels) {
      for (let channel = 0, i = pixel * channels, o = output * channels; channel < channels; channel++, i++, o++) dx[i]! += dy[o]! / pixels.length;
    }
  });
  return result;
}

/** Visits every window with the numbers of the pixels inside the image, row by row. */
function forEachWindow({ batch, vertical, horizontal }: WindowGeometry, visit: (output: number, pixels: readonly number[]) => void): void {
  let output = 0;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < vertical.outSize; row++) {
      const rows = positions(vertical, row);
      for (let column = 0; column < horizontal.outSize; column++, output++) {
        const pixels: number[] = [];
        for (const y of rows) for (const x of positions(horizontal, column)) pixels.push((image * vertical.inSize + y) * horizontal.inSize + x);
        visit(output, pixels);
      }
    }
  }
}

/** What a window sees along one axis. */
function positions({ stride, window, padBefore, inSize }: WindowAxis, index: number): number[] {
  const begin = index * stride - padBefore;
  return Array.from({ length: window }, (_, offset) => begin + offset).filter((position) => position >= 0 && position < inSize);
}
