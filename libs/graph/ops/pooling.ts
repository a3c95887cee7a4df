import { attr, type Graph, type Tensor } from '../core/index.js';
import { pair, type Padding, type Window } from './convolution.js';
import { requireRank, windowedSize } from './shapes.js';

export interface PoolingOptions {
  window: Window;
  strides?: Window;
  padding: Padding;
}

const pooling =
  (type: string) =>
  (g: Graph, x: Tensor, options: PoolingOptions): Tensor => {
    requireRank(x, 4, 'The input of a pooling');
    const window = pair(options.window);
    const strides = pair(options.strides ?? options.window);
    const spatial = [0, 1].map((axis) =>
      windowedSize(x.shape[axis + 1]!, window[axis]!, strides[axis]!, 1, options.padding),
    );
    const attrs = {
      T: attr.type(x.dtype),
      ksize: attr.ints([1, ...window, 1]),
      strides: attr.ints([1, ...strides, 1]),
      padding: attr.string(options.padding),
      data_format: attr.string('NHWC'),
    };
    return g.op(type, [x], attrs, [{ dtype: x.dtype, shape: [x.shape[0]!, ...spatial, x.shape[3]!] }])[0]!;
  };

/** Largest element of each window of [n,h,w,c]; strides default to the window. */
export const maxPool = pooling('MaxPool');
/** Mean of each window of [n,h,w,c], padding not counted; strides default to the window. */
export const avgPool = pooling('AvgPool');
