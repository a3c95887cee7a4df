/** Letters of 5 x 7 pixels, a row in each number: the highest of five bits is on the left. */
const LETTERS: Readonly<Record<string, readonly number[]>> = {
  A: [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
  D: [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
  F: [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000],
  G: [0b01110, 0b10001, 0b10000, 0b10111, 0b10001, 0b10001, 0b01110],
  I: [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
  N: [0b10001, 0b11001, 0b10101, 0b10101, 0b10011, 0b10001, 0b10001],
  O: [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
  R: [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001],
  S: [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
  T: [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
  ' ': [0, 0, 0, 0, 0, 0, 0],
};
const [LETTER_WIDTH, LETTER_HEIGHT] = [5, 7];

/** Rows that a stamp takes below a picture. */
export const STAMP_ROWS = LETTER_HEIGHT + 4;

/**
 * Puts words under a picture, white on black, on rows of their own: nothing of the picture is covered.
 *
 * @param rgb `[row, column, channel]`
 * @param words of the letters above; what does not fit is cut off
 * @returns {@link STAMP_ROWS} rows more
 */
export function stamped(rgb: Uint8Array, width: number, words: string): Uint8Array {
  const stampedRgb = new Uint8Array(rgb.length + 3 * width * STAMP_ROWS);
  stampedRgb.set(rgb);
  const set = (x: number, y: number): void => {
    if (x < width) stampedRgb.fill(255, rgb.length + 3 * (y * width + x), rgb.length + 3 * (y * width + x + 1));
  };
  words.split('').forEach((letter, place) =>
    (LETTERS[letter] ?? LETTERS[' ']!).forEach((bits, row) => {
      for (let column = 0; column < LETTER_WIDTH; column++)
        if ((bits >> (LETTER_WIDTH - 1 - column)) & 1) set(2 + place * (LETTER_WIDTH + 1) + column, 2 + row);
    }),
  );
  return stampedRgb;
}
