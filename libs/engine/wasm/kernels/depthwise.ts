import { heap, integers, type KernelCall, type Kernels } from '../kernel.js';
import { sizeOf, type HeapValue } from '../value.js';
import { filled } from './elementwise.js';
import { tfjsWindow, windowGeometry, type WindowGeometry } from './window.js';

/** Kernels of convolutions that treat every channel by itself. tfjs's WebAssembly has no gradients of them. */
export const depthwiseKernels: Kernels = {
  DepthwiseConv2dNative: (call) => {
    const [x, filter] = [heap(call, 0), heap(call, 1)];
    const geometry = windowGeometry(call.node, x.shape, filter.shape);
    if (sizeOf(x) === 0)
      return [
        call.memory.allocate([
          geometry.batch,
          geometry.vertical.outSize,
          geometry.horizontal.outSize,
          filter.shape[2]! * filter.shape[3]!,
        ]),
      ];
    return [call.memory.run('DepthwiseConv2dNative', { x, filter }, tfjsWindow(geometry))];
  },
  DepthwiseConv2dNativeBackpropInput: (call) => {
    const [filter, gradient] = [heap(call, 1), heap(call, 2)];
    const shape = integers(call, 0);
    const images = filled(call, shape, 'float32', 0);
    const [dx, w, dy] = [call.memory.floats(images), call.memory.floats(filter), call.memory.floats(gradient)];
    const [channels, multiplier] = [filter.shape[2]!, filter.shape[3]!];
    forEachTap(windowGeometry(call.node, shape, filter.shape), channels, multiplier, (pixel, tap, output) => {
      for (let channel = 0, o = output, f = tap; channel < channels; channel++)
        for (let each = 0; each < multiplier; each++, o++, f++) dx[pixel + channel]! += dy[o]! * w[f]!;
    });
    return [images];
  },
  DepthwiseConv2dNativeBackpropFilter: (call) => [filterGradient(call)],
};

function filterGradient(call: KernelCall): HeapValue {
  const { memory } = call;
  const [x, gradient] = [heap(call, 0), heap(call, 2)];
  const shape = integers(call, 1);
  const [channels, multiplier] = [shape[2]!, shape[3]!];
  const filter = memory.allocate(shape);
  const [images, dy, sums] = [memory.floats(x), memory.floats(gradient), new Float64Array(sizeOf(filter))];
  forEachTap(windowGeometry(call.node, x.shape, shape), channels, multiplier, (pixel, tap, output) => {
    for (let channel = 0, o = output, f = tap; channel < channels; channel++)
      for (let each = 0; each < multiplier; each++, o++, f++) sums[f]! += dy[o]! * images[pixel + channel]!;
  });
  memory.floats(filter).set(sums);
  return filter;
}

/** Visits every pair of an output pixel and a pixel it sees, with the places of their first channels in the arrays. */
function forEachTap(
  { batch, vertical, horizontal }: WindowGeometry,
  channels: number,
  multiplier: number,
  visit: (pixel: number, tap: number, output: number) => void,
): void {
  let output = 0;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < vertical.outSize; row++) {
      for (let column = 0; column < horizontal.outSize; column++, output += channels * multiplier) {
        for (let windowRow = 0; windowRow < vertical.window; windowRow++) {
          const y = row * vertical.stride + windowRow * vertical.dilation - vertical.padBefore;
          if (y < 0 || y >= vertical.inSize) continue;
          for (let windowColumn = 0; windowColumn < horizontal.window; windowColumn++) {
            const x = column * horizontal.stride + windowColumn * horizontal.dilation - horizontal.padBefore;
            if (x < 0 || x >= horizontal.inSize) continue;
            visit(
              ((image * vertical.inSize + y) * horizontal.inSize + x) * channels,
              (windowRow * horizontal.window + windowColumn) * channels * multiplier,
              output,
            );
          }
        }
      }
    }
  }
}
