import { sequenceElement, textElement, type DataSet, type Element, type Keyword } from '#libs/dicom';
import { STUDY_ATTRIBUTES } from '../register/study-register.js';
import { dateAndTime, DEVICE, DISCLAIMER, uidOf, type StudyResult } from './result.js';

/** Text of a data set in UTF-8, which {@link commonModules} announces. */
export const utf8 = (keyword: Keyword, value: string): Element => textElement(keyword, value, 'utf8');

/** Attributes that are left out where the site has none; the others are there and empty. */
const OPTIONAL: ReadonlySet<Keyword> = new Set<Keyword>(['IssuerOfPatientID']);

/** What is in every result: patient and study as the site knows them, a series of our own, the device. */
export function commonModules(
  { prediction, study }: StudyResult,
  own: { sopClassUid: string; sopInstanceUid: string; modality: string; seriesNumber: number; what: string },
): Element[] {
  const { date, time } = dateAndTime(Number(prediction.predictedUnixMs));
  const { attributes } = study;
  return [
    textElement('SpecificCharacterSet', 'ISO_IR 192'),
    textElement('SOPClassUID', own.sopClassUid),
    textElement('SOPInstanceUID', own.sopInstanceUid),
    ...STUDY_ATTRIBUTES.filter((keyword) => attributes[keyword] !== '' || !OPTIONAL.has(keyword)).map((keyword) =>
      utf8(keyword, attributes[keyword]),
    ),
    textElement('Modality', own.modality),
    // One series for each kind of result and study, whenever it is predicted.
    textElement('SeriesInstanceUID', uidOf('series', own.what, attributes.StudyInstanceUID)),
    textElement('SeriesNumber', String(own.seriesNumber)),
    textElement('SeriesDescription', `sulcus ${own.what}: ${DISCLAIMER}`),
    textElement('InstanceNumber', String(Math.max(1, prediction.revision))),
    textElement('ContentDate', date),
    textElement('ContentTime', time),
    textElement('Manufacturer', DEVICE.manufacturer),
    textElement('ManufacturerModelName', 'sulcus'),
    textElement('DeviceSerialNumber', DEVICE.uid.slice(-16)),
    textElement('SoftwareVersions', prediction.modelVersion.slice(0, 64)),
  ];
}

/** A code (PS3.3 table 8.8-1). */
export interface Code {
  value: string;
  scheme: string;
  meaning: string;
}

export const codeItem = ({ value, scheme, meaning }: Code): Element[] => [
  textElement('CodeValue', value),
  textElement('CodingSchemeDesignator', scheme),
  utf8('CodeMeaning', meaning.slice(0, 64)),
];

export const emptySequence = (keyword: Keyword): Element => sequenceElement(keyword, [] as DataSet[]);
