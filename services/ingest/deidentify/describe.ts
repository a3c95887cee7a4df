import { frameAttributes, sliceGeometry, type DataSet, type Plane } from '#libs/dicom';
import { KEPT_WORDS } from './kept-attributes.js';

/** How an MR image was made, as far as its header tells. */
export type SequenceClass = 'T1' | 'T1c' | 'T2' | 'T2*' | 'FLAIR' | 'PD' | 'DWI' | 'ADC' | 'other';

/** What recipes choose by: codes, never descriptions. '' where the header does not say. */
export interface ImageCodes {
  modality: string;
  plane: Plane | '';
  /** Empty for modalities other than MR. */
  sequence: SequenceClass | '';
  bodyPart: string;
  /** Along the body, in mm: slices of a series are in this order. */
  positionMm: number | undefined;
}

/** @param frame from 0 */
export function describeImage(dataSet: DataSet, frame: number): ImageCodes {
  const source = frameAttributes(dataSet, frame);
  const geometry = sliceGeometry(source);
  const modality = source.text('Modality');
  const bodyPart = source.text('BodyPartExamined').toUpperCase();
  return {
    modality,
    plane: geometry?.plane ?? '',
    sequence: modality === 'MR' ? sequenceClass(source) : '',
    bodyPart: KEPT_WORDS.BodyPartExamined!.includes(bodyPart) ? bodyPart : '',
    positionMm: geometry?.positionMm,
  };
}

/**
 * From the kind of sequence and its times, in ms, at 1.5 to 3 T; the description only tells of contrast, and stays at
 * the site.
 */
function sequenceClass(source: DataSet): SequenceClass {
  const imageType = source.texts('ImageType');
  if (imageType.includes('ADC')) return 'ADC';
  if (
    imageType.some((value) => /^(DIFFUSION|TRACE|TRACEW)$/.test(value)) ||
    (source.number('DiffusionBValue') ?? 0) > 0
  )
    return 'DWI';
  const repetition = source.number('RepetitionTime');
  const echo = source.number('EchoTime');
  const inversion = source.number('InversionTime') ?? 0;
  if (repetition === undefined || echo === undefined) return 'other';
  const isGradient = source.texts('ScanningSequence').includes('GR');
  if (inversion > 1500 && echo > 60) return 'FLAIR';
  if (isGradient && inversion === 0 && echo >= 12 && (source.number('FlipAngle') ?? 90) < 40) return 'T2*';
  if (echo < 30 && (repetition < 1300 || (inversion > 400 && inversion <= 1500)))
    return hasContrast(source) ? 'T1c' : 'T1';
  if (repetition >= 1800 && echo >= 60) return 'T2';
  if (repetition >= 1800 && echo < 40) return 'PD';
  return 'other';
}

const hasContrast = (source: DataSet): boolean =>
  source.text('ContrastBolusAgent') !== '' ||
  /(^|[^a-z])(\+ ?c|post|gad|gado\w*|gd|ce|contrast|km)([^a-z]|$)/i.test(source.text('SeriesDescription'));
