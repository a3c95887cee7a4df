import { SulcusError } from '#libs/errors';
import type { ImageInput, ImageWorkerPool } from '#libs/imaging';
import type { ModelCard } from '#libs/registry';
import { withSpan } from '#libs/telemetry';
import type { Servable } from '../servables/servable.js';
import { PRIORITY_LEVELS } from '../serving/priority.js';
import type { Explanation, ExplanationOptions } from './explanation.js';

/** An image as it came, as the network got it, and what was answered. */
export interface Explained {
  /** Encoded file. */
  image: Uint8Array;
  /** `[height, width, channels]`, 0-255. */
  pixels: Uint8Array;
  /** Index of the highest probability. */
  predicted: number;
}

/**
 * Checks before any work is done.
 *
 * @throws INVALID_ARGUMENT when a version does not know the class to explain, or there is no image to draw on
 */
export function assertExplainable(
  { classes, version }: ModelCard,
  { format }: ImageInput,
  { className }: ExplanationOptions,
): void {
  if (format !== 'encoded')
    throw new SulcusError(
      'INVALID_ARGUMENT',
      'Pixels cannot be explained: send the image as an encoded file, whose own pixels the explanation is drawn in',
    );
  if (className === '' || classes.includes(className)) return;
  throw new SulcusError(
    'INVALID_ARGUMENT',
    `${version} has no class "${className}" to explain: it knows ${classes.join(', ')}`,
  );
}

/**
 * Explains an answered image: a run of the network that gives way to predictions, then a picture in the image's own
 * pixels.
 *
 * @throws CANCELLED or DEADLINE_EXCEEDED by `signal`; ENGINE_FAILED when the engine died meanwhile
 */
export async function explainImage(
  pool: ImageWorkerPool,
  servable: Servable,
  { className, form }: ExplanationOptions,
  { image, pixels, predicted }: Explained,
  signal: AbortSignal,
): Promise<Explanation> {
  return await withSpan('explain image', {}, async () => {
    const startedMs = performance.now();
    const { classes } = servable.card;
    const classIndex = className === '' ? predicted : classes.indexOf(className);
    const { heatMap, method } = await servable.explain(pixels, classIndex, signal);
    const { png, width, height } = await pool.drawHeatMap(
      servable.transform,
      { image, heatMap, form },
      { signal, priority: PRIORITY_LEVELS },
    );
    return {
      png: Buffer.from(png.buffer, png.byteOffset, png.byteLength),
      className: classes[classIndex]!,
      method,
      width,
      height,
      mapWidth: heatMap.width,
      mapHeight: heatMap.height,
      minimum: heatMap.data.reduce((least, value) => Math.min(least, value), Infinity),
      maximum: heatMap.data.reduce((largest, value) => Math.max(largest, value), -Infinity),
      explainMs: performance.now() - startedMs,
    };
  });
}
