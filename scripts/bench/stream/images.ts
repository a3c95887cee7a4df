import { createHash } from 'node:crypto';
import type { Split } from '#libs/contracts';
import { encodeImage, PHANTOM_CLASSES, renderPhantom } from '#libs/imaging';
import { createRandom } from '#libs/random';
import type { StreamBenchOptions } from './options.js';

/** An image as a site sends it. */
export interface SentImage {
  readonly sampleId: string;
  readonly bytes: Buffer;
  readonly split: Split;
  readonly label: string;
  readonly site: string;
}

/** Phantoms that the images are made of, by noise: drawing each anew would cost more than all else. */
const BASES_PER_CLASS = 64;
const SITES = ['a', 'b', 'c', 'd'];
const NOISE = 12;

/** Every tenth image each is held out for validation, gate and test. */
const SPLITS: Readonly<Record<number, Split>> = { 7: 'SPLIT_VALIDATION', 8: 'SPLIT_GATE', 9: 'SPLIT_TEST' };

/** The images of a stream by number: the same for the same seed, no two alike. */
export function imageSource({
  size,
  seed,
}: Pick<StreamBenchOptions, 'size' | 'seed'>): (n: number) => Promise<SentImage> {
  const bases = PHANTOM_CLASSES.map((label) =>
    Array.from({ length: BASES_PER_CLASS }, (_, patient) => renderPhantom({ class: label, seed, size, patient })),
  );
  return async (n) => {
    const classIndex = n % PHANTOM_CLASSES.length;
    const random = createRandom(seed, 'bench image', n);
    const base = bases[classIndex]![random.integer(0, BASES_PER_CLASS - 1)]!;
    const data = base.data.map((value) => Math.max(0, Math.min(255, value + random.integer(-NOISE, NOISE))));
    const bytes = await encodeImage({ ...base, data }, 'png');
    return {
      sampleId: createHash('sha256').update(bytes).digest('hex'),
      bytes,
      split: SPLITS[random.integer(0, 9)] ?? 'SPLIT_TRAIN',
      label: PHANTOM_CLASSES[classIndex]!,
      site: SITES[random.integer(0, SITES.length - 1)]!,
    };
  };
}
