import { ZIGZAG, type Component } from './frame.js';
import { END_OF_BLOCK_RUN, longCode, LOOKUP_BITS, signed } from './huffman.js';

/**
 * Coefficients of 8-bit samples lie within ±1024, and a step off when coarse. Decoders differ in what they make of
 * more.
 */
const COEFFICIENT_LIMIT = 2048;
const BEYOND_LIMIT = ~(2 * COEFFICIENT_LIMIT - 1);
const FIRST_BITS = 32 - LOOKUP_BITS;

/**
 * Reads the blocks of a scan, one after the other, from bytes without stuffing. It looks ahead by two bytes, and
 * damaged data may make it run on: bytes that are not there count as zeros, and `unusedBits` tells.
 */
export class CodedBlocks {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** The next bits, from the top; zeros below them. */
  #word = 0;
  /** How many of them are there. */
  #bits = 0;
  #dc = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Goes on at another byte, as at the start of a scan. */
  restart(at: number): void {
    this.#at = at;
    this.#word = this.#bits = this.#dc = 0;
  }

  /** Counts the next first coefficient from zero: for who only follows the data, of whatever component. */
  forgetDifference(): void {
    this.#dc = 0;
  }

  /** Bits read and not used, up to the end of the data; negative when blocks took more bits than there are. */
  unusedBits(end: number): number {
    return 8 * (end - this.#at) + this.#bits;
  }

  /**
   * Reads a block into `coefficients`, 64 zeros before: multiplied by their steps, row by row.
   *
   * @returns the last stored place that is not zero, 0 to 63 in zigzag order; -1 for no valid block
   */
  read({ dc, ac, steps }: Component, coefficients: Int32Array): number {
    // This loop is most of decoding: the reader's state lies in local variables meanwhile, and taking two more bytes is
    // written out where bits may run short (a code has up to 16, what follows it up to 15).
    const bytes = this.#bytes;
    const zigzag = ZIGZAG;
    const { codes, coefficients: wholes } = ac;
    let at = this.#at;
    let word = this.#word;
    let bits = this.#bits;
    if (bits <= 16) {
      word |= ((bytes[at]! << 8) | bytes[at + 1]!) << (16 - bits);
      at += 2;
      bits += 16;
    }
    let code = dc.codes[word >>> FIRST_BITS]! || longCode(dc, word >>> 16);
    const dcSize = code & 255;
    if (code < 0) return -1;
    word <<= code >> 8;
    bits -= code >> 8;
    if (dcSize > 0) {
      if (bits <= 16) {
        word |= ((bytes[at]! << 8) | bytes[at + 1]!) << (16 - bits);
        at += 2;
        bits += 16;
      }
      this.#dc += signed(word >>> (32 - dcSize), dcSize);
      word <<= dcSize;
      bits -= dcSize;
    }
    const first = Math.imul(this.#dc, steps[0]!);
    coefficients[0] = first;
    let beyond = first + COEFFICIENT_LIMIT;
    let last = 0;
    for (let k = 1; k < 64; k++) {
      if (bits <= 16) {
        word |= ((bytes[at]! << 8) | bytes[at + 1]!) << (16 - bits);
        at += 2;
        bits += 16;
      }
      const whole = wholes[word >>> FIRST_BITS]!;
      if (whole !== 0) {
        word <<= whole & 31;
        bits -= whole & 31;
        const run = (whole >> 5) & 63;
        if (run === END_OF_BLOCK_RUN) break;
        k += run;
        if (k > 63) return -1;
        const place = zigzag[k]!;
        const coefficient = Math.imul(whole >> 11, steps[place]!);
        coefficients[place] = coefficient;
        beyond |= coefficient + COEFFICIENT_LIMIT;
        last = k;
        continue;
      }
      code = codes[word >>> FIRST_BITS]! || longCode(ac, word >>> 16);
      if (code < 0) return -1;
      word <<= code >> 8;
      bits -= code >> 8;
      const size = code & 15;
      const run = (code >> 4) & 15;
      if (size === 0 && run === 0) break;
      k += run;
      if (k > 63 || (size === 0 && run !== 15)) return -1;
      if (size === 0) continue;
      if (bits <= 16) {
        word |= ((bytes[at]! << 8) | bytes[at + 1]!) << (16 - bits);
        at += 2;
        bits += 16;
      }
      const place = zigzag[k]!;
      const coefficient = Math.imul(signed(word >>> (32 - size), size), steps[place]!);
      coefficients[place] = coefficient;
      beyond |= coefficient + COEFFICIENT_LIMIT;
      last = k;
      word <<= size;
      bits -= size;
    }
    this.#at = at;
    this.#word = word;
    this.#bits = bits;
    return (beyond & BEYOND_LIMIT) === 0 ? last : -1;
  }

  /** Reads a block of chroma; true when it adds nothing to neutral grey. */
  readNeutral({ dc, ac }: Component): boolean {
    return this.#readZero(dc.codes) && this.#readZero(ac.codes);
  }

  /** Reads a symbol; true when it is 0: no difference for DC, no more coefficients for AC. */
  #readZero(codes: Uint16Array): boolean {
    if (this.#bits <= 16) {
      this.#word |= ((this.#bytes[this.#at]! << 8) | this.#bytes[this.#at + 1]!) << (16 - this.#bits);
      this.#at += 2;
      this.#bits += 16;
    }
    const code = codes[this.#word >>> FIRST_BITS]!;
    this.#word <<= code >> 8;
    this.#bits -= code >> 8;
    return code > 0 && (code & 255) === 0;
  }
}
