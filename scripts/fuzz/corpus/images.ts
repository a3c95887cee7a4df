import sharp, { type Sharp } from 'sharp';
import { PHANTOM_CLASSES, renderPhantom } from '#libs/imaging';
import { fixtures } from './fixtures.js';

const SIZE_PX = 48;

/** A phantom and a colour picture, as sharp takes them. */
async function pictures(): Promise<{ grey: Sharp; colour: Sharp }> {
  const { data, width, height } = renderPhantom({ seed: 1, class: PHANTOM_CLASSES[0], size: SIZE_PX });
  const grey = sharp(data, { raw: { width, height, channels: 1 } }).toColourspace('b-w');
  const coloured = await grey.clone().toColourspace('srgb').tint('#ff8040').png().toBuffer();
  return { grey, colour: sharp(coloured) };
}

const described = (picture: Sharp): Sharp =>
  picture.clone().withMetadata({ orientation: 6, exif: { IFD0: { ImageDescription: 'a description' } } });

/** Files of each format that we accept, of every kind that encoders make, and of some that we refuse. */
export async function imageCorpus(): Promise<Record<'jpeg' | 'png' | 'webp' | 'tiff' | 'other', Buffer[]>> {
  const { grey, colour } = await pictures();
  const bytes = (...each: readonly Sharp[]): Promise<Buffer[]> => Promise.all(each.map((one) => one.toBuffer()));
  const [jpeg, png, webp, tiff, other] = await Promise.all([
    bytes(
      grey.clone().jpeg(),
      grey.clone().jpeg({ progressive: true }),
      grey.clone().jpeg({ optimiseCoding: true, quality: 95 }),
      colour.clone().jpeg(),
      colour.clone().jpeg({ chromaSubsampling: '4:4:4', progressive: true }),
      colour.clone().toColourspace('cmyk').jpeg(),
      described(colour).jpeg(),
    ),
    bytes(
      grey.clone().png(),
      grey.clone().png({ progressive: true }),
      colour.clone().png({ palette: true }),
      colour.clone().ensureAlpha(0.5).png(),
      described(colour).png(),
    ),
    bytes(
      grey.clone().webp(),
      colour.clone().webp({ lossless: true }),
      colour.clone().ensureAlpha(0.5).webp(),
      described(colour).webp(),
    ),
    bytes(
      ...(['none', 'lzw', 'deflate', 'packbits', 'jpeg'] as const).map((compression) =>
        grey.clone().tiff({ compression }),
      ),
      colour.clone().tiff({ compression: 'lzw', predictor: 'horizontal' }),
      colour.clone().tiff({ compression: 'jpeg', tile: true, tileWidth: 16, tileHeight: 16 }),
      colour.clone().toColourspace('cmyk').tiff({ compression: 'none' }),
      described(grey).tiff(),
    ),
    bytes(grey.clone().gif(), colour.clone().gif()),
  ]);
  return {
    jpeg: [...jpeg, ...(await fixtures('cases/jpeg', '.jpg'))],
    png: [...png, ...(await fixtures('cases/other', '.png'))],
    webp,
    tiff: [...tiff, ...(await fixtures('cases/tiff', '.tif'))],
    other: [...other, ...REFUSED],
  };
}

/** First bytes of formats that are known in order to be refused. */
const REFUSED = [
  'BM\x76\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x04\x00\x00\x00\x04\x00\x00\x00\x01\x00\x18',
  '\x00\x00\x00\x0cjP  \r\n\x87\n',
  '\xff\x0a\x00\x00',
  '\x00\x00\x00\x18ftypheic\x00\x00\x00\x00',
  '<?xml version="1.0"?><!-- a --><svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"></svg>',
  '%PDF-1.7\n%\xe2\xe3',
  'II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00',
].map((text) => Buffer.from(text, 'latin1'));
