import { SulcusError } from '#libs/errors';
import type { DataSet } from '../data-set/data-set.js';
import { DICOM_LIMITS, type DicomLimits } from '../data-set/limits.js';

/** What the header says of the pixels (PS3.3 C.7.6.3). */
export interface PixelModule {
  rows: number;
  columns: number;
  /** 1 is grey or an index into a palette, 3 are colours. */
  samplesPerPixel: 1 | 3;
  photometric: Photometric;
  /** Colours one plane after the other, in native pixels. */
  isPlanar: boolean;
  bitsAllocated: 8 | 16;
  bitsStored: number;
  highBit: number;
  isSigned: boolean;
  frames: number;
}

const PHOTOMETRICS = [
  'MONOCHROME1',
  'MONOCHROME2',
  'PALETTE COLOR',
  'RGB',
  'YBR_FULL',
  'YBR_FULL_422',
  'YBR_ICT',
  'YBR_RCT',
] as const;
export type Photometric = (typeof PHOTOMETRICS)[number];

/**
 * @throws IMAGE_UNSUPPORTED for an object without pixels or with ones that are not read, IMAGE_TOO_LARGE for more of
 *   them than the limits, IMAGE_UNDECODABLE for a header that contradicts itself
 */
export function readPixelModule(dataSet: DataSet, limits: Partial<DicomLimits> = {}): PixelModule {
  const { maxFrames, maxPixels } = { ...DICOM_LIMITS, ...limits };
  if (dataSet.has('FloatPixelData') || dataSet.has('DoubleFloatPixelData'))
    throw unsupported('The pixels are floating-point numbers', 'send the images that they were computed from');
  if (!dataSet.has('PixelData')) throw unsupported('The DICOM object holds no image', 'only images are taken in');
  const rows = required(dataSet, 'Rows');
  const columns = required(dataSet, 'Columns');
  const bitsAllocated = required(dataSet, 'BitsAllocated');
  const bitsStored = dataSet.number('BitsStored') ?? bitsAllocated;
  const highBit = dataSet.number('HighBit') ?? bitsStored - 1;
  const samplesPerPixel = dataSet.number('SamplesPerPixel') ?? 1;
  const frames = dataSet.number('NumberOfFrames') ?? 1;
  const photometric = dataSet.text('PhotometricInterpretation') || 'MONOCHROME2';
  if (bitsAllocated !== 8 && bitsAllocated !== 16)
    throw unsupported(`The pixels have ${bitsAllocated} bits`, 'send 8 or 16');
  if (!isPhotometric(photometric))
    throw unsupported('The photometric interpretation is not read', 'send grey, RGB, YBR or a palette');
  const isGrey = photometric.startsWith('MONO') || photometric === 'PALETTE COLOR';
  if (samplesPerPixel !== (isGrey ? 1 : 3))
    throw contradiction(`${samplesPerPixel} samples for each pixel of ${photometric}`);
  if (rows < 1 || columns < 1) throw contradiction(`an image of ${columns} x ${rows} pixels`);
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit >= bitsAllocated || highBit + 1 < bitsStored)
    throw contradiction(`${bitsStored} bits up to bit ${highBit} in ${bitsAllocated}`);
  if (!Number.isInteger(frames) || frames < 1) throw contradiction(`${frames} frames`);
  if (frames > maxFrames)
    throw new SulcusError('IMAGE_TOO_LARGE', `The DICOM object has ${frames} frames, the limit is ${maxFrames}`);
  if (rows * columns > maxPixels)
    throw new SulcusError('IMAGE_TOO_LARGE', `A frame is ${columns} x ${rows}, the limit is ${maxPixels} pixels`);
  return {
    rows,
    columns,
    samplesPerPixel: isGrey ? 1 : 3,
    photometric,
    isPlanar: dataSet.number('PlanarConfiguration') === 1,
    bitsAllocated,
    bitsStored,
    highBit,
    isSigned: dataSet.number('PixelRepresentation') === 1,
    frames,
  };
}

const isPhotometric = (text: string): text is Photometric => (PHOTOMETRICS as readonly string[]).includes(text);

function required(dataSet: DataSet, keyword: 'Rows' | 'Columns' | 'BitsAllocated'): number {
  const value = dataSet.number(keyword);
  if (value === undefined) throw contradiction(`pixels without ${keyword}`);
  return value;
}

const unsupported = (what: string, advice: string): SulcusError =>
  new SulcusError('IMAGE_UNSUPPORTED', `${what}: ${advice}`);

const contradiction = (what: string): SulcusError =>
  new SulcusError('IMAGE_UNDECODABLE', `The DICOM header contradicts itself: ${what}`);
