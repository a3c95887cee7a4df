import { createHash } from 'node:crypto';
import { dataSetOf, sequenceElement, shortsElement, tagOf, textElement, writeDicom, type Plane } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import { parseNifti, type NiftiLimits, type NiftiVolume } from './parse-nifti.js';

export interface NiftiToDicomOptions {
  /** Slices are those of the voxel axis that lies nearest to the normal of this plane. */
  plane: Exclude<Plane, 'oblique'>;
  /** Whose the volume is, as the site knows her and it. Default: the file stands for itself. */
  patientId?: string | undefined;
  studyId?: string | undefined;
  limits: NiftiLimits;
}

const ENHANCED_MR = '1.2.840.10008.5.1.4.1.1.4.1';
/** Patient axis of the normal: to her left, to her back, to her head. */
const NORMALS = { sagittal: 0, coronal: 1, axial: 2 } as const;
const AXES = [0, 1, 2] as const;

/**
 * A volume as an Enhanced MR object with a frame for each slice, so that it goes the way of DICOM from there: geometry,
 * window, de-identification. Numbers that are no whole ones of 16 bits are put on 65,536 steps between the smallest and
 * the largest. The same file and options give the same bytes.
 *
 * @param bytes a NIfTI-1 or NIfTI-2 file in one piece, packed by gzip or not
 * @throws IMAGE_*
 */
export function niftiToDicom(bytes: Uint8Array, { plane, patientId, studyId, limits }: NiftiToDicomOptions): Buffer {
  const volume = parseNifti(bytes, limits);
  const hash = createHash('sha256').update(bytes).digest('hex');
  const axis = sliceAxis(volume, plane);
  const [columns, rows] = AXES.filter((other) => other !== axis) as [number, number];
  const frames = volume.size[axis];
  const { pixels, isSigned, bits, slope, intercept } = storedPixels(volume, axis, columns, rows);
  const spacing = AXES.map((one) => Math.hypot(...AXES.map((row) => volume.affine[row]![one]!)));
  const shared = dataSetOf([
    sequenceElement('PlaneOrientationSequence', [
      dataSetOf([
        textElement(
          'ImageOrientationPatient',
          [...direction(volume, columns), ...direction(volume, rows)].map(decimal),
        ),
      ]),
    ]),
    sequenceElement('PixelMeasuresSequence', [
      dataSetOf([
        textElement('PixelSpacing', [spacing[rows]!, spacing[columns]!].map(decimal)),
        textElement('SliceThickness', decimal(spacing[axis]!)),
      ]),
    ]),
  ]);
  const places = Array.from({ length: frames }, (_, slice) => {
    const place = lps(AXES.map((row) => volume.affine[row]![axis]! * slice + volume.affine[row]![3]!));
    const position = dataSetOf([textElement('ImagePositionPatient', place.map(decimal))]);
    return dataSetOf([sequenceElement('PlanePositionSequence', [position])]);
  });
  return writeDicom(
    dataSetOf([
      textElement('SpecificCharacterSet', 'ISO_IR 192'),
      textElement('SOPClassUID', ENHANCED_MR),
      textElement('SOPInstanceUID', uidOf(hash, plane)),
      textElement('StudyInstanceUID', uidOf('study', studyId ?? hash)),
      textElement('SeriesInstanceUID', uidOf('series', hash, plane)),
      textElement('PatientID', patientId ?? hash, 'utf8'),
      textElement('Modality', 'MR'),
      textElement('ImageType', 'ORIGINAL\\PRIMARY'),
      textElement('PhotometricInterpretation', 'MONOCHROME2'),
      textElement('NumberOfFrames', String(frames)),
      textElement('RescaleSlope', decimal(slope)),
      textElement('RescaleIntercept', decimal(intercept)),
      shortsElement('SamplesPerPixel', [1]),
      shortsElement('Rows', [volume.size[rows]!]),
      shortsElement('Columns', [volume.size[columns]!]),
      shortsElement('BitsAllocated', [bits]),
      shortsElement('BitsStored', [bits]),
      shortsElement('HighBit', [bits - 1]),
      shortsElement('PixelRepresentation', [isSigned ? 1 : 0]),
      sequenceElement('SharedFunctionalGroupsSequence', [shared]),
      sequenceElement('PerFrameFunctionalGroupsSequence', places),
      { tag: tagOf('PixelData'), vr: 'OW', bytes: pixels },
    ]),
  );
}

/** NIfTI points right, forward and up; DICOM left, backward and up. */
const lps = ([x = 0, y = 0, z = 0]: readonly number[]): number[] => [-x, -y, z];

/** Unit vector along a voxel axis. */
function direction({ affine }: NiftiVolume, axis: number): number[] {
  const column = AXES.map((row) => affine[row]![axis]!);
  const length = Math.hypot(...column);
  if (!(length > 0)) throw new SulcusError('IMAGE_UNDECODABLE', 'The NIfTI header has an axis without length');
  return lps(column.map((value) => value / length));
}

function sliceAxis(volume: NiftiVolume, plane: NiftiToDicomOptions['plane']): 0 | 1 | 2 {
  const along = AXES.map((axis) => Math.abs(direction(volume, axis)[NORMALS[plane]]!));
  return along.indexOf(Math.max(...along)) as 0 | 1 | 2;
}

/** Of every slice in turn, row after row. */
function storedPixels(volume: NiftiVolume, axis: number, columns: number, rows: number) {
  const { size, valueAt, whole } = volume;
  const strides = [1, size[0], size[0] * size[1]] as const;
  const forEachValue = (take: (value: number, at: number) => void): void => {
    let at = 0;
    for (let slice = 0; slice < size[axis]!; slice++)
      for (let row = 0; row < size[rows]!; row++)
        for (let column = 0; column < size[columns]!; column++)
          take(valueAt(slice * strides[axis]! + row * strides[rows]! + column * strides[columns]!), at++);
  };
  const bits = whole?.bits ?? 16;
  // Pixel data is of even length.
  const pixels = Buffer.alloc(Math.ceil((size[0] * size[1] * size[2] * bits) / 16) * 2);
  if (whole) {
    forEachValue((value, at) =>
      bits === 8 ? pixels.writeUInt8(value, at) : pixels.writeUInt16LE(value & 0xffff, 2 * at),
    );
    return { pixels, bits, isSigned: whole.isSigned, slope: volume.slope, intercept: volume.intercept };
  }
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  forEachValue((value) => {
    if (value < low) low = value;
    if (value > high && value < Number.POSITIVE_INFINITY) high = value;
  });
  if (!Number.isFinite(low) || !Number.isFinite(high))
    throw new SulcusError('IMAGE_UNDECODABLE', 'The NIfTI volume has no finite numbers, or infinite ones');
  const step = high > low ? (high - low) / 65_535 : 1;
  // What is no number counts as the smallest.
  forEachValue((value, at) =>
    pixels.writeUInt16LE(Number.isFinite(value) ? Math.round((value - low) / step) : 0, 2 * at),
  );
  const { slope, intercept } = volume;
  return { pixels, bits, isSigned: false, slope: slope * step, intercept: slope * low + intercept };
}

/** At most sixteen characters, as DS allows. */
function decimal(value: number): string {
  const text = String(value);
  if (text.length <= 16) return text;
  for (let digits = 12; ; digits--) {
    const shorter = value.toPrecision(digits);
    if (shorter.length <= 16) return shorter;
  }
}

/** A UID that follows from words (PS3.5 annex B.2). */
function uidOf(...words: readonly string[]): string {
  const bytes = createHash('sha256').update(words.join('\0')).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${bytes.toString('hex')}`)}`;
}
