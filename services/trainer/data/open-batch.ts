import { blobOwners, type Bus } from '#libs/bus';
import type { TensorBatch } from '#libs/contracts';
import { SulcusError } from '#libs/errors';

/** Size of the images that a network takes. */
export interface BatchShape {
  height: number;
  width: number;
  channels: number;
}

/** Pixels and labels of a delivered batch. */
export class OpenBatch {
  constructor(
    /** uint8, axes [batch, height, width, channel]. */
    readonly pixels: Uint8Array,
    readonly rowBytes: number,
    /** Scan sequence of each row. */
    readonly sequences: readonly number[],
    readonly labels: Int32Array,
  ) {}

  /** The given rows; the whole batch is handed over without a copy. */
  select(rows: readonly number[]): { pixels: Uint8Array; labels: Int32Array } {
    if (rows.length === this.sequences.length) return { pixels: this.pixels, labels: this.labels };
    const pixels = new Uint8Array(rows.length * this.rowBytes);
    rows.forEach((row, position) =>
      pixels.set(this.pixels.subarray(row * this.rowBytes, (row + 1) * this.rowBytes), position * this.rowBytes),
    );
    return { pixels, labels: Int32Array.from(rows, (row) => this.labels[row]!) };
  }
}

/**
 * The content of a batch message, fetched from the blob store when it did not fit.
 *
 * @throws MESSAGE_INVALID when it is not of the size the network takes, or holds fewer bytes than its samples need
 */
export async function openBatch(bus: Bus, message: TensorBatch, input: BatchShape): Promise<OpenBatch> {
  const sequences = message.samples.map(({ scanSequence }) => scanSequence);
  const rowBytes = message.height * message.width * message.channels;
  if (sequences.length === 0) return new OpenBatch(Buffer.alloc(0), rowBytes, [], labelsOf(message));
  if (message.height !== input.height || message.width !== input.width || message.channels !== input.channels) {
    throw new SulcusError(
      'MESSAGE_INVALID',
      `A batch of ${sizeOf(message)} images came where the network takes ${sizeOf(input)}`,
    );
  }
  const pixels = message.pixels?.inline
    ? message.pixels.inline
    : message.pixels
      ? await bus.fromPayload(message.pixels, { owner: blobOwners.batch(message.run, message.requestId) })
      : Buffer.alloc(0);
  if (pixels.length !== rowBytes * sequences.length) {
    throw new SulcusError(
      'MESSAGE_INVALID',
      `A batch of ${sequences.length} samples has ${pixels.length} bytes of pixels, not ${rowBytes * sequences.length}`,
    );
  }
  return new OpenBatch(pixels, rowBytes, sequences, labelsOf(message));
}

const sizeOf = ({ height, width, channels }: BatchShape): string => `${height}x${width}x${channels}`;

/** Class indices of a batch, in row order. */
const labelsOf = (batch: TensorBatch): Int32Array => Int32Array.from(batch.samples, ({ classIndex }) => classIndex);
