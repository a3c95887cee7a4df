import { SulcusError } from '#libs/errors';
import type { DataSet } from '../data-set/data-set.js';

/** A table of PS3.3 C.11.1.1: values below its first take the first entry, values above its last the last. */
export interface LookupTable {
  first: number;
  /** 0 to `2 ** bits - 1`. */
  entries: Uint16Array;
  bits: number;
}

/**
 * @param item of a modality or VOI LUT sequence
 * @param isSigned how the first mapped value is to be read
 * @throws IMAGE_UNDECODABLE
 */
export function readLookupTable(item: DataSet, isSigned: boolean): LookupTable {
  return lookupTable(item.numbers('LUTDescriptor'), item.get('LUTData')?.bytes ?? Buffer.alloc(0), isSigned);
}

export function lookupTable(descriptor: readonly number[], data: Buffer, isSigned: boolean): LookupTable {
  const [count16 = -1, firstWord = 0, bits = 16] = descriptor;
  // 0 stands for 65536, which does not fit.
  const count = (count16 & 0xffff) === 0 ? 65_536 : count16 & 0xffff;
  const isBytes = data.length < 2 * count;
  if (descriptor.length < 3 || bits < 1 || bits > 16 || data.length < count)
    throw new SulcusError('IMAGE_UNDECODABLE', `A table of ${count} entries of ${bits} bits has ${data.length} bytes`);
  const entries = Uint16Array.from({ length: count }, (_, index) =>
    isBytes ? data[index]! : data.readUInt16LE(2 * index),
  );
  const first = firstWord & 0xffff;
  return { first: isSigned ? (first << 16) >> 16 : first, entries, bits };
}

/** The entry for a value. */
export const lookUp = ({ first, entries }: LookupTable, value: number): number =>
  entries[Math.max(0, Math.min(entries.length - 1, Math.trunc(value) - first))]!;
