import type { TensorValue } from '#libs/graph';
import { SulcusError } from '#libs/errors';
import type { NetworkConfig } from '../network-config.js';

/** Images with their true classes. The arrays must not be written to until the call that takes them has answered. */
export interface LabelledBatch {
  /** [count, height, width, channels], row-major, 0-255. */
  readonly pixels: Uint8Array;
  /** Class index per image, each in [0, classes). */
  readonly labels: Int32Array;
  /** Number of images, at least 1; may differ from call to call. */
  readonly count: number;
}

/** @throws INVALID_ARGUMENT when the pixels are not `count` images of the network's size */
export function pixelFeed({ input }: NetworkConfig, pixels: Uint8Array, count: number): TensorValue {
  const shape = [count, input.height, input.width, input.channels];
  if (!Number.isInteger(count) || count < 1)
    throw new SulcusError('INVALID_ARGUMENT', `A batch must hold at least 1 image, got ${count}`);
  const expected = count * input.height * input.width * input.channels;
  if (pixels.length !== expected) {
    const size = `${input.height}×${input.width}×${input.channels}`;
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `${count} images of ${size} need ${expected} bytes, got ${pixels.length}`,
    );
  }
  return { dtype: 'uint8', shape, data: pixels };
}

/** @throws INVALID_ARGUMENT when the labels do not belong to the batch or name no class */
export function labelFeed({ classes }: NetworkConfig, labels: Int32Array, count: number): TensorValue {
  if (labels.length !== count)
    throw new SulcusError('INVALID_ARGUMENT', `${count} images need ${count} labels, got ${labels.length}`);
  const wrong = labels.find((label) => label < 0 || label >= classes);
  if (wrong !== undefined) throw new SulcusError('INVALID_ARGUMENT', `Label ${wrong} is not in 0 to ${classes - 1}`);
  return { dtype: 'int32', shape: [count], data: labels };
}
