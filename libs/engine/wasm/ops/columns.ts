/**
 * Sums over the rows of row-major [rows, columns], in double precision. Four columns at a time: their sums stay in
 * registers, which is several times faster than an array of sums.
 */

/** Σ x per column. */
export function columnSums(x: Float32Array, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let i = column; i < x.length; i += columns) {
      a += x[i]!;
      b += x[i + 1]!;
      c += x[i + 2]!;
      d += x[i + 3]!;
    }
    sums.set([a, b, c, d], column);
  }
  for (; column < columns; column++) for (let i = column; i < x.length; i += columns) sums[column]! += x[i]!;
  return sums;
}

/** Σ (x − shift of x) · (y − shift of y) per column. */
export function columnProducts(
  x: Float32Array,
  xShifts: Float64Array,
  y: Float32Array,
  yShifts: Float64Array,
): Float64Array {
  const columns = xShifts.length;
  const sums = new Float64Array(columns);
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    let [a, b, c, d] = [0, 0, 0, 0];
    const [xa, xb, xc, xd] = [xShifts[column]!, xShifts[column + 1]!, xShifts[column + 2]!, xShifts[column + 3]!];
    const [ya, yb, yc, yd] = [yShifts[column]!, yShifts[column + 1]!, yShifts[column + 2]!, yShifts[column + 3]!];
    for (let i = column; i < x.length; i += columns) {
      a += (x[i]! - xa) * (y[i]! - ya);
      b += (x[i + 1]! - xb) * (y[i + 1]! - yb);
      c += (x[i + 2]! - xc) * (y[i + 2]! - yc);
      d += (x[i + 3]! - xd) * (y[i + 3]! - yd);
    }
    sums.set([a, b, c, d], column);
  }
  for (; column < columns; column++)
    for (let i = column; i < x.length; i += columns)
      sums[column]! += (x[i]! - xShifts[column]!) * (y[i]! - yShifts[column]!);
  return sums;
}

/** target = a · x + b · y + c with factors per column. */
export function combineColumns(
  target: Float32Array,
  x: Float32Array,
  a: Float64Array,
  y: Float32Array,
  b: Float64Array,
  c: Float64Array,
): void {
  const columns = a.length;
  for (let i = 0; i < target.length; )
    for (let column = 0; column < columns; column++, i++)
      target[i] = a[column]! * x[i]! + b[column]! * y[i]! + c[column]!;
}

/** target = a · x + b with factors per column. */
export function scaleColumns(target: Float32Array, x: Float32Array, a: Float64Array, b: Float64Array): void {
  const columns = a.length;
  for (let i = 0; i < target.length; )
    for (let column = 0; column < columns; column++, i++) target[i] = a[column]! * x[i]! + b[column]!;
}
