/*
 * The accurate integer inverse DCT of libjpeg and its descendants (after Loeffler, Ligtenberg and Moschytz 1989), whole
 * and at half size: fixed point with 13 fraction bits; after the columns 2 more bits are kept for the rows. Whoever uses
 * it gets the same pixels. At half size each level is the mean of the 2 x 2 levels in its place, which saves most of the work.
 */
const FRACTION_BITS = 13;
const COLUMN_BITS = 2;
/** Halving keeps one more fraction bit, which the mean of two takes away. */
const HALF_FRACTION_BITS = FRACTION_BITS + 1;

/** What a pass adds and how far it shifts its sums. Levels are stored around zero: 128 is added with the rows. */
interface Rounding {
  readonly bias: number;
  readonly shift: number;
}
const rounding = (shift: number, offset: number): Rounding => ({ bias: (1 << (shift - 1)) + (offset << shift), shift });
const WHOLE_COLUMNS = rounding(FRACTION_BITS - COLUMN_BITS, 0);
const WHOLE_ROWS = rounding(FRACTION_BITS + COLUMN_BITS + 3, 128);
const HALF_COLUMNS = rounding(HALF_FRACTION_BITS - COLUMN_BITS, 0);
const HALF_ROWS = rounding(HALF_FRACTION_BITS + COLUMN_BITS + 3, 128);

const clamp = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);

/** Grey level, 0-255, of a block that has nothing but its first coefficient. */
export const flatLevel = (dc: number): number => clamp(((dc + 4) >> 3) + 128);

const columns = new Int32Array(64);
const levels = new Int32Array(64);

/** Turns the coefficients of a block, [8, 8] row by row, into grey levels at `output[at]` and on; rows are `rowBytes` apart. */
export type InverseDct = (coefficients: Int32Array, output: Uint8Array, at: number, rowBytes: number) => void;

/** 8 x 8 levels. */
export const inverseDct: InverseDct = (coefficients, output, at, rowBytes) => {
  transform(coefficients, columns, WHOLE_COLUMNS);
  transform(columns, levels, WHOLE_ROWS);
  for (let y = 0, row = at; y < 64; y += 8, row += rowBytes) {
    for (let x = 0; x < 8; x++) output[row + x] = clamp(levels[y + x]!);
  }
};

/** 4 x 4 levels, each the mean of 2 x 2. */
export const inverseDctHalved: InverseDct = (coefficients, output, at, rowBytes) => {
  transformHalved(coefficients, columns, 8, HALF_COLUMNS);
  transformHalved(columns, levels, 4, HALF_ROWS);
  for (let y = 0, row = at; y < 32; y += 8, row += rowBytes) {
    for (let x = 0; x < 4; x++) output[row + x] = clamp(levels[y + x]!);
  }
};

/** Sums and differences of cosines with 13 fraction bits. */
const C0_211 = 1730;
const C0_298 = 2446;
const C0_390 = 3196;
const C0_509 = 4176;
const C0_541 = 4433;
const C0_601 = 4926;
const C0_765 = 6270;
const C0_899 = 7373;
const C1_061 = 8697;
const C1_175 = 9633;
const C1_451 = 11893;
const C1_501 = 12299;
const C1_847 = 15137;
const C1_961 = 16069;
const C2_053 = 16819;
const C2_172 = 17799;
const C2_562 = 20995;
const C3_072 = 25172;

/** One dimension: each column of `source` becomes a row of `target`, both [8, 8]. */
function transform(source: Int32Array, target: Int32Array, { bias, shift }: Rounding): void {
  for (let x = 0, o = 0; x < 8; x++, o += 8) {
    const v0 = source[x]!;
    const v1 = source[x + 8]!;
    const v2 = source[x + 16]!;
    const v3 = source[x + 24]!;
    const v4 = source[x + 32]!;
    const v5 = source[x + 40]!;
    const v6 = source[x + 48]!;
    const v7 = source[x + 56]!;
    if ((v1 | v2 | v3 | v4 | v5 | v6 | v7) === 0) {
      target[o] =
        target[o + 1] =
        target[o + 2] =
        target[o + 3] =
        target[o + 4] =
        target[o + 5] =
        target[o + 6] =
        target[o + 7] =
          ((v0 << FRACTION_BITS) + bias) >> shift;
      continue;
    }
    const turned = Math.imul(v2 + v6, C0_541);
    const even2 = (turned - Math.imul(v6, C1_847)) | 0;
    const even3 = (turned + Math.imul(v2, C0_765)) | 0;
    const sum = (((v0 + v4) << FRACTION_BITS) + bias) | 0;
    const difference = (((v0 - v4) << FRACTION_BITS) + bias) | 0;
    const e0 = (sum + even3) | 0;
    const e1 = (difference + even2) | 0;
    const e2 = (difference - even2) | 0;
    const e3 = (sum - even3) | 0;
    const all = Math.imul(v7 + v3 + v5 + v1, C1_175);
    const outer = Math.imul(v7 + v1, -C0_899);
    const inner = Math.imul(v5 + v3, -C2_562);
    const odd73 = (all - Math.imul(v7 + v3, C1_961)) | 0;
    const odd51 = (all - Math.imul(v5 + v1, C0_390)) | 0;
    const o3 = (Math.imul(v7, C0_298) + outer + odd73) | 0;
    const o2 = (Math.imul(v5, C2_053) + inner + odd51) | 0;
    const o1 = (Math.imul(v3, C3_072) + inner + odd73) | 0;
    const o0 = (Math.imul(v1, C1_501) + outer + odd51) | 0;
    target[o] = (e0 + o0) >> shift;
    target[o + 1] = (e1 + o1) >> shift;
    target[o + 2] = (e2 + o2) >> shift;
    target[o + 3] = (e3 + o3) >> shift;
    target[o + 4] = (e3 - o3) >> shift;
    target[o + 5] = (e2 - o2) >> shift;
    target[o + 6] = (e1 - o1) >> shift;
    target[o + 7] = (e0 - o0) >> shift;
  }
}

/** The first `count` columns of `source`, [8, 8], become rows of `target` of half their length. The fifth coefficient has no part in means of two. */
function transformHalved(source: Int32Array, target: Int32Array, count: number, { bias, shift }: Rounding): void {
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
          ((source[x]! << HALF_FRACTION_BITS) + bias) >> shift;
      continue;
    }
    const first = ((source[x]! << HALF_FRACTION_BITS) + bias) | 0;
    const even = (Math.imul(v2, C1_847) - Math.imul(v6, C0_765)) | 0;
    const inner = (Math.imul(v5, C1_451) - Math.imul(v7, C0_211) - Math.imul(v3, C2_172) + Math.imul(v1, C1_061)) | 0;
    const outer = (Math.imul(v3, C0_899) - Math.imul(v7, C0_509) - Math.imul(v5, C0_601) + Math.imul(v1, C2_562)) | 0;
    target[8 * x] = (first + even + outer) >> shift;
    target[8 * x + 1] = (first - even + inner) >> shift;
    target[8 * x + 2] = (first - even - inner) >> shift;
    target[8 * x + 3] = (first + even - outer) >> shift;
  }
}
