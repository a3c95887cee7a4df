import { lumaOf } from '../channels.js';
import type { DrawnOp } from './draw.js';

const LEVELS = 256;

/**
 * Applies brightness and contrast in place, as Pillow's ImageEnhance does: each is a blend in 32-bit floats that is
 * rounded down and clamped. The steps fold into one table of 256 entries; the mean that contrast needs is that of the
 * pixels as they are at its turn.
 */
export function applyPhotometry(pixels: Uint8Array, channels: 1 | 3, ops: readonly DrawnOp[]): void {
  if (!ops.some((op) => op.kind === 'brightness' || op.kind === 'contrast')) return;
  const table = Uint8Array.from({ length: LEVELS }, (_, level) => level);
  for (const op of ops) {
    if (op.kind === 'brightness') blend(table, 0, op.factor);
    else if (op.kind === 'contrast')
      blend(table, Math.floor((channels === 1 ? meanGrey(pixels, table) : meanLuma(pixels, table)) + 0.5), op.factor);
  }
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[pixels[i]!]!;
}

/** `base + factor * (value - base)` of every entry; factor 0 is all base, 1 changes nothing. */
function blend(table: Uint8Array, base: number, factor: number): void {
  const alpha = Math.fround(factor);
  for (let level = 0; level < LEVELS; level++) {
    const value = Math.fround(base + Math.fround(alpha * (table[level]! - base)));
    table[level] = Math.max(0, Math.min(LEVELS - 1, Math.trunc(value)));
  }
}

function meanGrey(pixels: Uint8Array, table: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < pixels.length; i++) sum += table[pixels[i]!]!;
  return sum / pixels.length;
}

/** Colours mix before they are averaged: the mean of the table over each channel would round differently. */
function meanLuma(pixels: Uint8Array, table: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < pixels.length; i += 3)
    sum += lumaOf(table[pixels[i]!]!, table[pixels[i + 1]!]!, table[pixels[i + 2]!]!);
  return sum / (pixels.length / 3);
}
