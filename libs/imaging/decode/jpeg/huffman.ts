/** Bits that the first look-up takes: nearly all codes are shorter. */
export const LOOKUP_BITS = 10;
const MAX_CODE_BITS = 16;

/** In {@link HuffmanTable.coefficients}: the run that stands for "no more coefficients in this block". */
export const END_OF_BLOCK_RUN = 63;

/** A Huffman code of a JPEG, prepared for decoding from the leading bits of what is left of the scan. */
export interface HuffmanTable {
  /** By the next {@link LOOKUP_BITS} bits: `bits << 8 | symbol`; 0 for a longer code, or none. */
  readonly codes: Uint16Array;
  /**
   * By the same bits, where they hold a whole AC coefficient: `value << 11 | run << 5 | bits`, value signed; 0
   * elsewhere. A run of zeros without a coefficient behind it has the value 0.
   */
  readonly coefficients: Int32Array;
  /** By code length: the first 16 bits that belong to a longer code. */
  readonly limits: Int32Array;
  /** By code length: what to add to a code to have the index of its symbol. */
  readonly offsets: Int32Array;
  readonly symbols: Uint8Array;
}

/**
 * @param counts codes of each length 1 to 16
 * @param symbols in the order of their codes
 * @returns undefined when the lengths make no code
 */
export function buildHuffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | undefined {
  const codes = new Uint16Array(1 << LOOKUP_BITS);
  const limits = new Int32Array(MAX_CODE_BITS + 1);
  const offsets = new Int32Array(MAX_CODE_BITS + 1);
  for (let bits = 1, code = 0, index = 0; bits <= MAX_CODE_BITS; bits++, code <<= 1) {
    offsets[bits] = index - code;
    const end = code + counts[bits - 1]!;
    if (end > 1 << bits) return undefined;
    if (bits <= LOOKUP_BITS)
      for (let each = code; each < end; each++)
        codes.fill(
          (bits << 8) | symbols[index + each - code]!,
          each << (LOOKUP_BITS - bits),
          (each + 1) << (LOOKUP_BITS - bits),
        );
    index += end - code;
    code = end;
    limits[bits] = code << (MAX_CODE_BITS - bits);
  }
  return { codes, coefficients: wholeCoefficients(codes), limits, offsets, symbols };
}

function wholeCoefficients(codes: Uint16Array): Int32Array {
  const coefficients = new Int32Array(codes.length);
  for (let next = 0; next < codes.length; next++) {
    const code = codes[next]!;
    const bits = code >> 8;
    const run = (code >> 4) & 15;
    const size = code & 15;
    if (code === 0 || bits + size > LOOKUP_BITS) continue;
    if (size > 0)
      coefficients[next] =
        (signed((next >> (LOOKUP_BITS - bits - size)) & ((1 << size) - 1), size) << 11) | (run << 5) | (bits + size);
    else if (run === 0) coefficients[next] = (END_OF_BLOCK_RUN << 5) | bits;
    else if (run === 15) coefficients[next] = (run << 5) | bits;
  }
  return coefficients;
}

/** The number that `size` bits after a code stand for: the lower half of their range is negative. */
export const signed = (magnitude: number, size: number): number =>
  magnitude < 1 << (size - 1) ? magnitude - (1 << size) + 1 : magnitude;

/** A code longer than {@link LOOKUP_BITS} as `bits << 8 | symbol`; -1 for none. `next` are the next 16 bits. */
export function longCode({ limits, offsets, symbols }: HuffmanTable, next: number): number {
  for (let bits = LOOKUP_BITS + 1; bits <= MAX_CODE_BITS; bits++) {
    if (next < limits[bits]!) return (bits << 8) | symbols[(next >>> (MAX_CODE_BITS - bits)) + offsets[bits]!]!;
  }
  return -1;
}
