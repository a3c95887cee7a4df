import { decodeImage, detectFormat, withoutMetadata, type DecodedImage } from '#libs/imaging';
import type { Random } from '#libs/random';
import { imageCorpus } from '../corpus/images.js';
import { mutateBytes } from '../mutate/bytes.js';
import { choose } from '../mutate/choose.js';
import { mutateContainer } from '../mutate/container.js';
import { jpeg } from '../mutate/jpeg.js';
import { png } from '../mutate/png.js';
import { riff } from '../mutate/riff.js';
import { mutateTiff } from '../mutate/tiff.js';
import { refusalOf, subject, type Target } from '../target.js';

type Mutate = (random: Random, bytes: Buffer, others: readonly Buffer[]) => Buffer;

const MUTATE: Readonly<Record<keyof Awaited<ReturnType<typeof imageCorpus>>, Mutate>> = {
  jpeg: (random, bytes, others) => mutateContainer(random, jpeg, bytes, others),
  png: (random, bytes, others) => mutateContainer(random, png, bytes, others),
  webp: (random, bytes, others) => mutateContainer(random, riff, bytes, others),
  tiff: mutateTiff,
  other: mutateBytes,
};

/** An image file, as ingest and predictor read it. */
const imageTarget = (format: keyof typeof MUTATE, share: number): Target => ({
  name: format === 'other' ? 'image-other' : format,
  share,
  kind: 'readers',
  maker: async () => {
    const corpus = (await imageCorpus())[format];
    return (random) => MUTATE[format](random, choose(random, corpus), corpus);
  },
  open: async () => subject(readImage),
});

async function readImage(input: Buffer): Promise<string> {
  const before = Buffer.from(input);
  const clean = Buffer.from(withoutMetadata(input));
  if (!Buffer.from(withoutMetadata(clean)).equals(clean)) throw new Error('Cleaned twice, the file is another');
  const [whole, cleaned] = [await decoded(input), await decoded(clean)];
  if (typeof whole !== 'string' && !isSame(whole, cleaned))
    throw new Error(`Cleaned, the file is ${typeof cleaned === 'string' ? cleaned : 'another picture'}`);
  const halved = await decoded(input, true);
  if ((typeof halved === 'string') !== (typeof whole === 'string'))
    throw new Error(`Halved: ${summary(halved)}, whole: ${summary(whole)}`);
  if (!before.equals(input)) throw new Error('The bytes that came are changed');
  return typeof cleaned === 'string' ? cleaned : `accepted ${detectFormat(input)}`;
}

/** The picture, or the code of its refusal. */
async function decoded(bytes: Buffer, halve = false): Promise<DecodedImage | string> {
  try {
    return await decodeImage(bytes, halve ? { mayHalve: () => true } : {});
  } catch (error) {
    return refusalOf(error);
  }
}

const summary = (image: DecodedImage | string): string => (typeof image === 'string' ? image : 'accepted');

const isSame = (left: DecodedImage, right: DecodedImage | string): boolean =>
  typeof right !== 'string' &&
  left.width === right.width &&
  left.height === right.height &&
  Buffer.from(left.data).equals(Buffer.from(right.data));

export const imageTargets: readonly Target[] = [
  imageTarget('jpeg', 10),
  imageTarget('png', 8),
  imageTarget('webp', 6),
  imageTarget('tiff', 10),
  imageTarget('other', 2),
];
