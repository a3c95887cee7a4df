/**
 * Maps output coordinates to input coordinates: `x' = xx x + xy y + x0`, `y' = yx x + yy y + y0`.
 * Coordinates are continuous pixels: pixel `i` covers `[i, i + 1)`, its centre is at `i + 0.5`.
 */
export interface Affine {
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
}

export const scaling = (x: number, y: number): Affine => ({ xx: x, xy: 0, x0: 0, yx: 0, yy: y, y0: 0 });
export const translation = (x: number, y: number): Affine => ({ xx: 1, xy: 0, x0: x, yx: 0, yy: 1, y0: y });
/** The point goes through `first`, then through `second`. */
export function compose(first: Affine, second: Affine): Affine {
  return {
    xx: second.xx * first.xx + second.xy * first.yx,
    xy: second.xx * first.xy + second.xy * first.yy,
    x0: second.xx * first.x0 + second.xy * first.y0 + second.x0,
    yx: second.yx * first.xx + second.yy * first.yx,
    yy: second.yx * first.xy + second.yy * first.yy,
    y0: second.yx * first.x0 + second.yy * first.y0 + second.y0,
  };
}

/** The linear part `[[xx, xy], [yx, yy]]` applied about a centre that stays in place. */
export function about(centerX: number, centerY: number, linear: Pick<Affine, 'xx' | 'xy' | 'yx' | 'yy'>): Affine {
  return compose(compose(translation(-centerX, -centerY), { ...linear, x0: 0, y0: 0 }), translation(centerX, centerY));
}

/** The map from input back to output. The linear part must not be singular. */
export function invert({ xx, xy, x0, yx, yy, y0 }: Affine): Affine {
  const determinant = xx * yy - xy * yx;
  const linear = { xx: yy / determinant, xy: -xy / determinant, yx: -yx / determinant, yy: xx / determinant };
  return { ...linear, x0: -(linear.xx * x0 + linear.xy * y0), y0: -(linear.yx * x0 + linear.yy * y0) };
}
