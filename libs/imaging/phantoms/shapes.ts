import type { Random } from '#libs/random';

/** An ellipse in head coordinates, which run from -1 (left, top) to 1 (right, bottom) across the picture. */
export interface Ellipse {
  x: number;
  y: number;
  radiusX: number;
  radiusY: number;
  /** Cosine and sine of the angle by which it is turned. */
  cos: number;
  sin: number;
}

/** @param angle radians */
export function ellipse(x: number, y: number, radiusX: number, radiusY: number, angle = 0): Ellipse {
  return { x, y, radiusX, radiusY, cos: Math.cos(angle), sin: Math.sin(angle) };
}

/** Approximate distance to an ellipse's border: negative inside. */
export function ellipseDistance({ x, y, radiusX, radiusY, cos, sin }: Ellipse, px: number, py: number): number {
  const u = ((px - x) * cos + (py - y) * sin) / radiusX;
  const v = ((py - y) * cos - (px - x) * sin) / radiusY;
  return (Math.sqrt(u * u + v * v) - 1) * Math.min(radiusX, radiusY);
}

/** Share of a pixel that is inside, 0-1, for a border that is `softness` wide. */
export function coverage(distance: number, softness: number): number {
  const share = 0.5 - distance / softness;
  return share < 0 ? 0 : share > 1 ? 1 : share;
}

/** Relative radius over the angle: 1 with random bumps, finer bumps weaker. */
export type Outline = (angle: number) => number;

export function irregularOutline(random: Random, strength: number, firstHarmonic = 2, harmonics = 5): Outline {
  const waves = Array.from({ length: harmonics }, (_, index) => {
    const order = firstHarmonic + index;
    return { order, amplitude: (strength * random.normal()) / order, phase: random.uniform(0, 2 * Math.PI) };
  });
  const table = Float32Array.from({ length: DIRECTIONS }, (_, index) => {
    const angle = (2 * Math.PI * index) / DIRECTIONS;
    return Math.max(
      0.4,
      waves.reduce((sum, { order, amplitude, phase }) => sum + amplitude * Math.cos(order * angle + phase), 1),
    );
  });
  return (angle) => table[Math.round((angle * DIRECTIONS) / (2 * Math.PI)) & (DIRECTIONS - 1)]!;
}

/** Directions that an outline is tabulated for; a power of two. */
const DIRECTIONS = 1024;
