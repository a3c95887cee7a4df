import type { DataSet } from '../data-set/data-set.js';
import type { PixelModule } from './pixel-module.js';
import { lookUp, readLookupTable } from './lookup-table.js';

/** The number that a stored word stands for: its stored bits, with their sign. */
export function storedValueOf({ bitsStored, highBit, isSigned }: PixelModule): (word: number) => number {
  const shift = highBit + 1 - bitsStored;
  const mask = 2 ** bitsStored - 1;
  const signBit = 2 ** (bitsStored - 1);
  return (word) => {
    const value = (word >> shift) & mask;
    return isSigned && value >= signBit ? value - 2 ** bitsStored : value;
  };
}

/** From stored values to what the modality measures (PS3.3 C.11.1): a table, or slope and intercept. */
export function modalityTransform(
  dataSet: DataSet,
  frame: DataSet,
  { isSigned }: PixelModule,
): (value: number) => number {
  const [item] = dataSet.items('ModalityLUTSequence');
  if (item) {
    const table = readLookupTable(item, isSigned);
    return (value) => lookUp(table, value);
  }
  const slope = frame.number('RescaleSlope') ?? 1;
  const intercept = frame.number('RescaleIntercept') ?? 0;
  return (value) => slope * value + intercept;
}

/** Whether a stored value marks a place where nothing was measured (PS3.3 C.7.5.1.1.2). */
export function isPadding(dataSet: DataSet, pixels: PixelModule): ((value: number) => boolean) | undefined {
  const padding = paddingValue(dataSet.number('PixelPaddingValue'), pixels);
  if (padding === undefined) return undefined;
  const limit = paddingValue(dataSet.number('PixelPaddingRangeLimit'), pixels) ?? padding;
  const [low, high] = [Math.min(padding, limit), Math.max(padding, limit)];
  return (value) => value >= low && value <= high;
}

/** The attribute's representation follows the pixels'; some writers do not heed it. */
function paddingValue(value: number | undefined, { isSigned }: PixelModule): number | undefined {
  if (value === undefined) return undefined;
  return isSigned ? ((value & 0xffff) << 16) >> 16 : value & 0xffff;
}
