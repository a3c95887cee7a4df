import { compileTransform, decodeImage, encodeImage, type RasterImage } from '#libs/imaging';
import type { TestPrediction } from '../launcher/evaluation/test-split.js';

/** Pictures in a report: as many as people look at. */
const MAX_EXAMPLES = 24;

/** Mistakes teach more than successes: up to this many of them are shown first. */
const MAX_MISTAKES = 12;

/** Longer side of a thumbnail. */
const THUMBNAIL_PIXELS = 128;
const THUMBNAIL_QUALITY = 80;

/** A test image, small, with what was said of it. */
export interface Example {
  prediction: TestPrediction;
  /** JPEG as a data URI. */
  dataUri: string;
}

/** Mistakes first, then correct ones, each evenly over the split; the same predictions give the same choice. */
export function chooseExamples(predictions: readonly TestPrediction[], count = MAX_EXAMPLES): TestPrediction[] {
  const wrong = predictions.filter(({ trueIndex, predictedIndex }) => trueIndex !== predictedIndex);
  const right = predictions.filter(({ trueIndex, predictedIndex }) => trueIndex === predictedIndex);
  const wrongCount = Math.min(wrong.length, Math.max(MAX_MISTAKES, count - right.length), count);
  return [...evenly(wrong, wrongCount), ...evenly(right, count - wrongCount)];
}

function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, index) => items[Math.floor(((index + 0.5) * items.length) / count)]!);
}

/**
 * Fetches and shrinks the chosen images, one after the other; one that is no longer stored is left out.
 *
 * @param read gives the file of a prediction's image
 */
export async function makeExamples(
  predictions: readonly TestPrediction[],
  read: (prediction: TestPrediction) => Promise<Uint8Array | undefined>,
): Promise<Example[]> {
  const examples: Example[] = [];
  for (const prediction of chooseExamples(predictions)) {
    const file = await read(prediction);
    if (file) examples.push({ prediction, dataUri: await thumbnail(file) });
  }
  return examples;
}

async function thumbnail(file: Uint8Array): Promise<string> {
  const small = shrink(await decodeImage(file));
  const jpeg = await encodeImage(small, 'jpeg', { quality: THUMBNAIL_QUALITY });
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}

/** Keeps the aspect ratio; small images stay as they are. */
function shrink(image: RasterImage): RasterImage {
  const factor = THUMBNAIL_PIXELS / Math.max(image.width, image.height);
  if (factor >= 1) return image;
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * factor))) as [
    number,
    number,
  ];
  const ops = [{ op: 'resize', height, width }] as const;
  const { channels } = image;
  const resize = compileTransform(
    {
      name: 'thumbnail',
      outputHeight: height,
      outputWidth: width,
      channels,
      interpolation: 'bilinear',
      train: ops,
      eval: ops,
      normalize: { mean: [0], std: [1] },
    },
    'eval',
  );
  return { width, height, channels, data: resize(image) };
}
