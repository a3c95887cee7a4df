import { tensorInput, integers, type OpCall, type OpKernels } from '../op-kernel.js';
import { sizeOf, type HeapValue } from '../value.js';
import { filled } from './elementwise.js';
import { tfjsWindow, windowGeometry, type WindowGeometry } from './window.js';

/** Kernels of convolutions that treat every channel by itself. tfjs's WebAssembly has no gradients of them. */
export const depthwiseKernels: OpKernels = {
  DepthwiseConv2dNative: (call) => {
    const [x, filter] = [tensorInput(call, 0), tensorInput(call, 1)];
    const geometry = windowGeometry(call.node, x.shape, filter.shape);
    if (sizeOf(x) === 0)
      return [
        call.heap.allocate([
          geometry.batch,
          geometry.vertical.outSize,
          geometry.horizontal.outSize,
          filter.shape[2]! * filter.shape[3]!,
        ]),
      ];
    return [call.heap.run('DepthwiseConv2dNative', { x, filter }, tfjsWindow(geometry))];
  },
  DepthwiseConv2dNativeBackpropInput: (call) => {
    const [filter, gradient] = [tensorInput(call, 1), tensorInput(call, 2)];
    const shape = integers(call, 0);
    const images = filled(call, shape, 'float32', 0);
    const [dx, w, dy] = [call.heap.floats(images), call.heap.floats(filter), call.heap.floats(gradient)];
    const [channels, multiplier] = [filter.shape[2]!, filter.shape[3]!];
    forEachPosition(windowGeometry(call.node, shape, filter.shape), channels, multiplier, (pixel, weight, output) => {
      for (let channel = 0, o = output, f = weight; channel < channels; channel++)
        for (let each = 0; each < multiplier; each++, o++, f++) dx[pixel + channel]! += dy[o]! * w[f]!;
    });
    return [images];
  },
  DepthwiseConv2dNativeBackpropFilter: (call) => [filterGradient(call)],
};

function filterGradient(call: OpCall): HeapValue {
  const { heap } = call;
  const [x, gradient] = [tensorInput(call, 0), tensorInput(call, 2)];
  const shape = integers(call, 1);
  const [channels, multiplier] = [shape[2]!, shape[3]!];
  const filter = heap.allocate(shape);
  const [images, dy, sums] = [heap.floats(x), heap.floats(gradient), new Float64Array(sizeOf(filter))];
  forEachPosition(windowGeometry(call.node, x.shape, shape), channels, multiplier, (pixel, weight, output) => {
    for (let channel = 0, o = output, f = weight; channel < channels; channel++)
      for (let each = 0; each < multiplier; each++, o++, f++) sums[f]! += dy[o]! * images[pixel + channel]!;
  });
  heap.floats(filter).set(sums);
  return filter;
}

/** Visits every pair of an output pixel and a pixel it sees, with the places of their first channels in the arrays. */
function forEachPosition(
  { batch, vertical, horizontal }: WindowGeometry,
  channels: number,
  multiplier: number,
  visit: (pixel: number, weight: number, output: number) => void,
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
