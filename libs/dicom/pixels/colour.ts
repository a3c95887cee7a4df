import { SulcusError } from '#libs/errors';
import type { DataSet } from '../data-set/data-set.js';
import type { StoredFrame } from './decode-frame.js';
import { lookupTable } from './lookup-table.js';
import type { PixelModule } from './pixel-module.js';

/** RGB of a colour frame, `[row, column, channel]`, 0-255. */
export function toRgb(frame: StoredFrame, dataSet: DataSet, pixels: PixelModule): Uint8Array {
  const { words, photometric } = frame;
  if (photometric === 'PALETTE COLOR') return paletteColours(words, dataSet, pixels);
  const shift = Math.max(0, pixels.bitsStored - 8);
  const bytes =
    shift === 0 && words instanceof Uint8Array ? words.slice() : Uint8Array.from(words, (word) => word >> shift);
  return photometric === 'YBR_FULL' ? fromYbr(bytes) : bytes;
}

/** ITU-R BT.601 at full range (PS3.3 C.7.6.3.1.2). */
function fromYbr(ybr: Uint8Array): Uint8Array {
  const rgb = new Uint8ClampedArray(ybr.length);
  for (let at = 0; at < ybr.length; at += 3) {
    const y = ybr[at]!;
    const blue = ybr[at + 1]! - 128;
    const red = ybr[at + 2]! - 128;
    rgb[at] = y + 1.402 * red;
    rgb[at + 1] = y - 0.344136 * blue - 0.714136 * red;
    rgb[at + 2] = y + 1.772 * blue;
  }
  return new Uint8Array(rgb.buffer);
}

const CHANNELS = ['Red', 'Green', 'Blue'] as const;

function paletteColours(words: Uint8Array | Uint16Array, dataSet: DataSet, { isSigned }: PixelModule): Uint8Array {
  const rgb = new Uint8Array(3 * words.length);
  CHANNELS.forEach((name, channel) => {
    const data = dataSet.get(`${name}PaletteColorLookupTableData`);
    if (!data) throw new SulcusError('IMAGE_UNDECODABLE', 'The palette has no table (segmented ones are not read)');
    const table = lookupTable(dataSet.numbers(`${name}PaletteColorLookupTableDescriptor`), data.bytes, isSigned);
    const { first, entries, bits } = table;
    const shift = Math.max(0, bits - 8);
    for (let pixel = 0; pixel < words.length; pixel++)
      rgb[3 * pixel + channel] = entries[Math.max(0, Math.min(entries.length - 1, words[pixel]! - first))]! >> shift;
  });
  return rgb;
}
