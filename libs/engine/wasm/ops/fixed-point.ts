import { FIXED_POINT_LIMIT, FIXED_POINT_SUM, FIXED_POINT_UNITS } from '#libs/graph';
import { tensorInput, type OpKernels } from '../op-kernel.js';

/**
 * Kernel of sums in fixed point. Numbers here hold whole units up to 2^53: sums are exact below 8,192, far beyond any
 * gradient, and rounded above.
 */
export const fixedPointKernels: OpKernels = {
  [FIXED_POINT_SUM]: (call) => {
    const { heap } = call;
    const inputs = call.inputs.map((_, index) => tensorInput(call, index));
    const views = inputs.map((input) => heap.view(input));
    const sum = heap.allocate(inputs[0]!.shape, 'float32');
    const check = heap.allocate([], 'float32');
    const target = heap.view(sum);
    const limit = FIXED_POINT_LIMIT / inputs.length;
    let inside = true;
    for (let index = 0; index < target.length; index++) {
      let units = 0;
      for (const view of views) {
        const value = view[index]!;
        if (!(Math.abs(value) < limit)) inside = false;
        units += Math.trunc(value * FIXED_POINT_UNITS);
      }
      target[index] = Math.fround(units) / FIXED_POINT_UNITS;
    }
    heap.view(check)[0] = inside ? 0 : Number.NaN;
    return [sum, check];
  },
};
