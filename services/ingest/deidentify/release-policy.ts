import type { DataSet } from '#libs/dicom';
import { IMAGE_CLASSES, isSecondaryCapture } from './classes.js';

/** Why an object is not wanted; it is counted, not kept, and its sender is told that all is well. */
export type FilterReason = 'not-an-image' | 'modality' | 'localizer' | 'screen' | 'secondary';

/** Why an object must not leave, though it is wanted; it is kept at the site. */
export type HoldReason = 'burned-in' | 'no-pixels' | 'no-patient' | 'no-uid';

export type Release = 'release' | { filtered: FilterReason } | { held: HoldReason };

/**
 * Whether an object leaves the site. Pixels can name a patient: where anything says that they may, the object stays.
 * That nothing says so proves nothing: screens, secondary captures and modalities that write into their pixels are left
 * out altogether.
 *
 * @param modalities that are taken in
 */
export function releaseOf(dataSet: DataSet, modalities: readonly string[]): Release {
  const sopClass = dataSet.text('SOPClassUID');
  const imageType = dataSet.texts('ImageType').map((value) => value.toUpperCase());
  if (isSecondaryCapture(sopClass)) return { filtered: 'screen' };
  // Pixels without a class: an image of nobody knows what, which its sender must not take for stored.
  if (sopClass === '' && dataSet.has('PixelData')) return { held: 'no-uid' };
  if (!Object.hasOwn(IMAGE_CLASSES, sopClass)) return { filtered: 'not-an-image' };
  if (!modalities.includes(dataSet.text('Modality'))) return { filtered: 'modality' };
  if (imageType.some((value) => /LOCALI[SZ]ER|SCOUT|SURVEY/.test(value))) return { filtered: 'localizer' };
  if (/\b(localizer|localiser|scout|survey)\b/i.test(dataSet.text('SeriesDescription')))
    return { filtered: 'localizer' };
  if (imageType.some((value) => /SCREEN|SAVE/.test(value))) return { filtered: 'screen' };
  if (dataSet.has('ConversionType') || dataSet.has('SecondaryCaptureDeviceManufacturer')) return { filtered: 'screen' };
  if (imageType[1] === 'SECONDARY') return { filtered: 'secondary' };
  if (dataSet.text('BurnedInAnnotation') === 'YES') return { held: 'burned-in' };
  // One that was cut short before its pixels: success would have its sender delete it.
  if (!dataSet.has('PixelData')) return { held: 'no-pixels' };
  if (dataSet.text('PatientID') === '') return { held: 'no-patient' };
  if (!dataSet.text('StudyInstanceUID') || !dataSet.text('SeriesInstanceUID') || !dataSet.text('SOPInstanceUID'))
    return { held: 'no-uid' };
  return 'release';
}

/** What operators read. */
export const HELD_BECAUSE: Readonly<Record<HoldReason, string>> = {
  'burned-in': 'The object says that its pixels show annotations: it stays at the site',
  'no-pixels': 'The image holds no pixels: it may have been cut short',
  'no-patient': 'The object names no patient: without one it cannot be kept on one side of the split',
  'no-uid': 'The object lacks the UID of its class, study, series or itself',
};
