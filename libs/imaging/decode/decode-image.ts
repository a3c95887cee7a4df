import { percentileGreys, type ValueWindow } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';
import type { Metadata, Sharp } from 'sharp';
import { greyChannel } from '../channels.js';
import type { DecodedImage, ImageFormat, Size } from '../image.js';
import { withoutMetadata } from '../metadata/without-metadata.js';
import { detectFormat, FORMAT_EXTENSIONS } from './format.js';
import { decodeDicom } from './decode-dicom.js';
import { checkJpeg } from './jpeg/check.js';
import { decodeHalvedJpeg } from './jpeg/decode-halved.js';
import { hasHarmlessOddities, withoutOddities } from './jpeg/rewrite.js';
import { Marker } from './jpeg/segments.js';
import { surveyJpeg, type JpegSurvey } from './jpeg/survey.js';
import { sharp } from './sharp.js';
import { checkPng, endsTooEarly, isAnimatedPng } from './structure.js';
import { checkTiff } from './tiff.js';

/** Limits against decompression bombs; the pixel limit is checked from the header, before anything is decoded. */
export interface DecodeLimits {
  /** Width times height. Default {@link DEFAULT_MAX_PIXELS}. */
  maxPixels?: number;
  /** Length of the encoded file. Default {@link DEFAULT_MAX_BYTES}. */
  maxBytes?: number;
}

export interface DecodeOptions extends DecodeLimits {
  /**
   * Asked with the size of a JPEG: may the image come at half of it, each pixel the mean of 2 x 2? Those of grey
   * pictures do. The calling thread decodes them and is kept busy meanwhile: for threads that exist for such work.
   */
  mayHalve?: (original: Size) => boolean;
  /** For DICOM whose values have no scale of their own: the window of the series (libs/dicom). Default: the image's. */
  seriesWindow?: ValueWindow | undefined;
}

/** 2^25 pixels: twice a 4096 x 4096 radiograph, and 100 MB as RGB. */
export const DEFAULT_MAX_PIXELS = LIMITS.imagePixels.value;
export const DEFAULT_MAX_BYTES = LIMITS.imageBytes.value;
/** No side may be longer: the transforms' fixed-point coordinates end here. */
export const MAX_SIDE_PIXELS = LIMITS.imageSide.value;

/**
 * Decodes a JPEG, PNG, TIFF, WebP or de-identified DICOM image to 8-bit grey or RGB.
 *
 * - Grey files, and colour files whose pixels all have R = G = B, become one channel (the check costs well under a
 *   millisecond and stops at the first coloured pixel; conversion by libvips would cost as much as decoding).
 * - Grey of 16 bits (PNG, TIFF) becomes 8 bits by a robust window of its values, 0.5 % to 99.5 %, as MR does in DICOM:
 *   such files do not say how they want to be shown.
 * - CMYK becomes sRGB by the file's profile. Profiles of grey and RGB files are ignored: the stored values are the
 *   data.
 * - Transparent pixels are laid over black, the background of the modality.
 * - The EXIF orientation is applied, so that the network sees what whoever labelled the image saw in a viewer. (Pillow,
 *   hence torchvision's ImageFolder, leaves it unapplied.)
 *
 * @throws IMAGE_EMPTY, IMAGE_UNDECODABLE (no image), IMAGE_TRUNCATED (ends early or damaged), IMAGE_TOO_LARGE,
 *   IMAGE_UNSUPPORTED (other formats; colours of more than 8 bits; animations and multi-page files)
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<DecodedImage> {
  const { maxPixels = DEFAULT_MAX_PIXELS, maxBytes = DEFAULT_MAX_BYTES, mayHalve } = options;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length === 0) throw new SulcusError('IMAGE_EMPTY', 'The image has zero bytes');
  if (buffer.length > maxBytes) {
    throw new SulcusError('IMAGE_TOO_LARGE', `The file has ${buffer.length} bytes, the limit is ${maxBytes}`, {
      details: { bytes: buffer.length, maxBytes },
    });
  }
  const format = acceptedFormat(buffer);
  if (format === 'dicom') return decodeDicom(buffer, options);
  const survey = format === 'jpeg' ? surveyJpeg(buffer) : undefined;
  if (format === 'png') checkPng(buffer);
  if (format === 'tiff') checkTiff(buffer);
  const metadata = await readHeader(buffer, format, survey);
  checkHeader(metadata, buffer, format, maxPixels);
  if (survey) checkJpeg(buffer, survey);
  if (endsTooEarly(buffer, format)) throw truncated(format, buffer);
  const halved = format === 'jpeg' && mayHalve?.(metadata) ? decodeHalvedJpeg(buffer) : undefined;
  const decoded = halved
    ? { ...halved.image, format, original: halved.original }
    : await decodePixels(forDecoder(buffer, format, survey), format, metadata);
  if (!isOfSize(decoded.original, metadata)) throw truncated(format, buffer);
  return decoded;
}

function acceptedFormat(buffer: Buffer): ImageFormat {
  const format = detectFormat(buffer);
  if (format === undefined)
    throw new SulcusError('IMAGE_UNDECODABLE', 'The bytes are no image: send JPEG, PNG, TIFF, WebP or DICOM', {
      details: { bytes: buffer.length },
    });
  if (format in FORMAT_EXTENSIONS) return format as ImageFormat;
  throw new SulcusError(
    'IMAGE_UNSUPPORTED',
    `${format.toUpperCase()} files are not accepted: send JPEG, PNG, TIFF, WebP or DICOM`,
    { details: { format } },
  );
}

/** One decode. Errors and warnings of the decoder both count: a damaged scan must not train or be predicted on. */
function open(buffer: Buffer, format: ImageFormat, ignoreProfile: boolean, maxPixels: number | false): Sharp {
  // Warnings of a TIFF are of its texts; what is missing of its pixels was found before, or is an error.
  const failOn = format === 'tiff' ? 'error' : 'warning';
  return sharp(buffer, { failOn, limitInputPixels: maxPixels, ignoreIcc: ignoreProfile });
}

/**
 * What the decoder gets: without what it warns of although it changes no pixel, and with the orientation as we read it,
 * who make of damaged EXIF data something else than it does. What ingest stores and what the predictor is sent are so
 * one picture.
 */
function forDecoder(buffer: Buffer, format: ImageFormat, jpeg: JpegSurvey | undefined): Buffer {
  const mayHaveExif = jpeg?.segments.some(({ marker }) => marker === Marker.app1) ?? format !== 'tiff';
  const clean = mayHaveExif ? Buffer.from(withoutMetadata(buffer)) : buffer;
  if (!jpeg) return clean;
  const survey = mayHaveExif ? surveyJpeg(clean) : jpeg;
  return hasHarmlessOddities(clean, survey) ? withoutOddities(clean, survey) : clean;
}

/** The size that was checked is the size that was decoded, upright or not. */
const isOfSize = (decoded: Size, { width, height }: Size): boolean =>
  (decoded.width === width && decoded.height === height) || (decoded.width === height && decoded.height === width);

/** What is asked of an image before it is decoded. */
type Header = Pick<Metadata, 'width' | 'height' | 'space' | 'depth' | 'pages' | 'hasAlpha'>;

async function readHeader(buffer: Buffer, format: ImageFormat, jpeg: JpegSurvey | undefined): Promise<Header> {
  const components = jpeg?.sampling.length;
  // Opening the file with the decoder costs a tenth of decoding it.
  if (jpeg && (components === 1 || components === 3) && jpeg.width > 0 && jpeg.height > 0)
    return {
      width: jpeg.width,
      height: jpeg.height,
      space: components === 1 ? 'b-w' : 'srgb',
      depth: 'uchar',
      hasAlpha: false,
    };
  try {
    return await open(buffer, format, true, false).metadata();
  } catch (error) {
    if (jpeg) checkJpeg(buffer, jpeg);
    throw truncated(format, buffer, error);
  }
}

function checkHeader(metadata: Header, buffer: Buffer, format: ImageFormat, maxPixels: number): void {
  const { width, height } = metadata;
  const refuse = (what: string, advice: string): SulcusError =>
    new SulcusError('IMAGE_UNSUPPORTED', `${what}: ${advice}`, { details: { format, width, height } });
  if ((metadata.pages ?? 1) > 1) {
    const frames = metadata.pages ?? 1;
    throw format === 'tiff'
      ? refuse(`The TIFF has ${frames} pages`, 'send one file per image')
      : refuse(`The ${format} is an animation of ${frames} frames`, 'send one file per image');
  }
  if (format === 'png' && isAnimatedPng(buffer)) throw refuse('The PNG is an animation', 'send one file per image');
  if (metadata.depth !== 'uchar' && !isDeepGrey(metadata))
    throw refuse(
      `The ${format} has ${metadata.depth.endsWith('short') ? '16-bit' : metadata.depth} channels`,
      'only unsigned grey without transparency may have 16 bits, window others to 8 bits first',
    );
  const maxSide = Math.max(width, height);
  if (width * height > maxPixels || maxSide > MAX_SIDE_PIXELS) {
    const limit = width * height > maxPixels ? `${maxPixels} pixels` : `${MAX_SIDE_PIXELS} pixels on a side`;
    throw new SulcusError('IMAGE_TOO_LARGE', `The ${format} is ${width} x ${height} pixels, the limit is ${limit}`, {
      details: { width, height, maxPixels },
    });
  }
}

const isDeepGrey = ({ depth, space, hasAlpha }: Header): boolean =>
  depth === 'ushort' && (space === 'grey16' || space === 'b-w') && !hasAlpha;

async function decodeDeepGrey(buffer: Buffer, format: ImageFormat, { width, height }: Header): Promise<DecodedImage> {
  try {
    const { data, info } = await open(buffer, format, true, width * height)
      .autoOrient()
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    // In the machine's own order; a copy lies so that words can be read.
    const words = new Uint16Array(new Uint8Array(data).buffer);
    const size = { width: info.width, height: info.height };
    return { ...size, format, original: size, channels: 1, data: percentileGreys(words) };
  } catch (error) {
    throw truncated(format, buffer, error);
  }
}

async function decodePixels(buffer: Buffer, format: ImageFormat, metadata: Header): Promise<DecodedImage> {
  if (isDeepGrey(metadata)) return await decodeDeepGrey(buffer, format, metadata);
  const isCmyk = metadata.space === 'cmyk';
  const isGreyFile = metadata.space === 'b-w';
  // The size was checked: the decoder must not find another one.
  let pipeline = open(buffer, format, !isCmyk, metadata.width * metadata.height).autoOrient();
  if (metadata.hasAlpha) pipeline = pipeline.flatten({ background: '#000000' });
  pipeline = pipeline.toColourspace(isGreyFile ? 'b-w' : 'srgb');
  try {
    const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    const decoded = { width, height, format, original: { width, height } };
    if (info.channels === 1) return { ...decoded, channels: 1, data };
    const grey = greyChannel(data);
    return grey ? { ...decoded, channels: 1, data: grey } : { ...decoded, channels: 3, data };
  } catch (error) {
    throw truncated(format, buffer, error);
  }
}

/** The file begins as an image of its format and cannot be read to its end. */
function truncated(format: ImageFormat, buffer: Buffer, cause?: unknown): SulcusError {
  const said = cause instanceof Error ? (cause.message.split('\n')[0]?.trim() ?? '') : '';
  // A setting of the decoder's is nothing that the sender could change.
  const reason = said === '' || said.includes('failOn') ? '' : ` (${said})`;
  return new SulcusError('IMAGE_TRUNCATED', `The ${format} ends too early or is damaged${reason}`, {
    cause,
    details: { format, bytes: buffer.length },
  });
}
