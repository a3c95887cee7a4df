/*
 * The accurate integer inverse DCT of libjpeg and its descendants (after Loeffler, Ligtenberg and Moschytz 1989) at
 * half size: fixed point with 14 fraction bits, one more than at whole size, which the mean of two takes away; after
 * the columns 2 more bits are kept for the rows. Whoever uses it gets the same pixels.
 */
const FRACTION_BITS = 14;
const COLUMN_BITS = 2;

/** What a pass adds and how far it shifts its sums. Levels are stored around zero: 128 is added with the rows. */
interface Rounding {
  readonly bias: number;
  readonly shift: number;
}
const rounding = (shift: number, offset: number): Rounding => ({ bias: (1 << (shift - 1)) + (offset << shift), shift });
const COLUMNS = rounding(FRACTION_BITS - COLUMN_BITS, 0);
const ROWS = rounding(FRACTION_BITS + COLUMN_BITS + 3, 128);

const clamp = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);

/** Grey level, 0-255, of a block that has nothing but its first coefficient. */
export const flatLevel = (dc: number): number => clamp(((dc + 4) >> 3) + 128);

const columns = new Int32Array(64);
const levels = new Int32Array(64);

/**
 * Turns the coefficients of a block, [8, 8] row by row, into 4 x 4 grey levels, each the mean of 2 x 2, at `output[at]`
 * and on; rows are `rowBytes` apart.
 */
export function inverseDctHalved(coefficients: Int32Array, output: Uint8Array, at: number, rowBytes: number): void {
  halveColumns(coefficients, columns, 8, COLUMNS);
  halveColumns(columns, levels, 4, ROWS);
  for (let y = 0, row = at; y < 32; y += 8, row += rowBytes) {
    for (let x = 0; x < 4; x++) output[row + x] = clamp(levels[y + x]!);
  }
}

/** Sums and differences of cosines with 13 fraction bits. */
const C0_211 = 1730;
const C0_509 = 4176;
const C0_601 = 4926;
const C0_765 = 6270;
const C0_899 = 7373;
const C1_061 = 8697;
const C1_451 = 11893;
const C1_847 = 15137;
const C2_172 = 17799;
const C2_562 = 20995;

/**
 * The first `count` columns of `source`, [8, 8], become rows of `target` of half their length. The fifth coefficient
 * has no part in means of two.
 */
function halveColumns(source: Int32Array, target: Int32Array, count: number, { bias, shift }: Rounding): void {
  for (let x = 0; x < count; x++) {
    const v1 = source[x + 8]!;
    const v2 = source[x + 16]!;
    const v3 = source[x + 24]!;
    const v5 = source[x + 40]!;
    const v6 = source[x + 48]!;
    const v7 = source[x + 56]!;
    if ((v1 | v2 | v3 | v5 | v6 | v7) === 0) {
      target[8 * x] =
        target[8 * x + 1] =
        target[8 * x + 2] =
        target[8 * x + 3] =
          ((source[x]! << FRACTION_BITS) + bias) >> shift;
      continue;
    }
    const first = ((source[x]! << FRACTION_BITS) + bias) | 0;
    const even = (Math.imul(v2, C1_847) - Math.imul(v6, C0_765)) | 0;
    const inner = (Math.imul(v5, C1_451) - Math.imul(v7, C0_211) - Math.imul(v3, C2_172) + Math.imul(v1, C1_061)) | 0;
    const outer = (Math.imul(v3, C0_899) - Math.imul(v7, C0_509) - Math.imul(v5, C0_601) + Math.imul(v1, C2_562)) | 0;
    target[8 * x] = (first + even + outer) >> shift;
    target[8 * x + 1] = (first - even + inner) >> shift;
    target[8 * x + 2] = (first - even - inner) >> shift;
    target[8 * x + 3] = (first + even - outer) >> shift;
  }
}
