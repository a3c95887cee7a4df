import {
  ATTRIBUTES,
  dataSetOf,
  frameAttributes,
  shortsElement,
  tagOf,
  textElement,
  type DataSet,
  type Element,
  type Keyword,
} from '#libs/dicom';
import type { Pseudonyms } from '../pipeline/pseudonyms.js';
import { IMAGE_CLASSES } from './classes.js';
import { shiftDate, type Identity } from './identities.js';
import {
  EMPTIED,
  KEPT_NUMBERS,
  KEPT_TABLES,
  KEPT_WORDS,
  MAKERS,
  MAPPED_UIDS,
  SHIFTED_DATES,
} from './kept-attributes.js';

/** Names the rules that made an object; a change of them is a new number. */
export const DEIDENTIFICATION = 'sulcus allow list 1';

/** Code, meaning: what was done, in the words of PS3.16 CID 7050. */
const METHODS = [
  ['113100', 'Basic Application Confidentiality Profile'],
  ['113107', 'Retain Longitudinal Temporal Information Modified Dates Option'],
] as const;

/**
 * The attributes of one frame that may leave the site, without its pixels: an allow list, not a list of what is taken
 * out. The same object and key give the same attributes.
 *
 * @param frame from 0; an object of several becomes as many of one
 */
export function deidentify(
  dataSet: DataSet,
  frame: number,
  { patient, shiftDays }: Identity,
  pseudonyms: Pseudonyms,
): DataSet {
  const source = frameAttributes(dataSet, frame);
  const isMultiFrame = (dataSet.number('NumberOfFrames') ?? 1) > 1;
  const uidOf = (keyword: Keyword): string => {
    const uid = source.text(keyword);
    return keyword === 'SOPInstanceUID' ? nameOfFrame(uid, frame, isMultiFrame) : uid;
  };
  const elements: Element[] = [
    ...KEPT_NUMBERS.flatMap((keyword) => numberElement(source, keyword)),
    ...Object.entries(KEPT_WORDS).flatMap(([keyword, allowed]) => wordElement(source, keyword as Keyword, allowed)),
    ...KEPT_TABLES.flatMap((keyword) => tableElement(source, keyword)),
    ...(source.text('PhotometricInterpretation') === 'PALETTE COLOR' ? paletteElements(source) : []),
    ...makerElement(source),
    ...MAPPED_UIDS.filter((keyword) => source.text(keyword) !== '').map((keyword) =>
      textElement(keyword, pseudonyms.uid(uidOf(keyword))),
    ),
    ...SHIFTED_DATES.filter((keyword) => source.has(keyword)).map((keyword) =>
      textElement(keyword, shiftDate(source.text(keyword), shiftDays)),
    ),
    ...EMPTIED.map((keyword) => textElement(keyword, '')),
    ...(source.has('StudyDate') ? [] : [textElement('StudyDate', '')]),
    ...(source.has('SeriesNumber') ? [] : [textElement('SeriesNumber', '')]),
    ...(source.text('Modality') === 'MR' ? scanOptionsElement(source) : []),
    // An object of several frames has one number for all of them.
    ...(isMultiFrame ? [textElement('InstanceNumber', String(frame + 1))] : []),
    textElement('SOPClassUID', IMAGE_CLASSES[source.text('SOPClassUID')] ?? ''),
    textElement('PatientName', patient),
    textElement('PatientID', patient),
    textElement('PatientIdentityRemoved', 'YES'),
    textElement('DeidentificationMethod', `${DEIDENTIFICATION}, key ${pseudonyms.keyVersion}`),
    methodSequence(),
    textElement('LongitudinalTemporalInformationModified', 'MODIFIED'),
  ];
  return dataSetOf(elements);
}

/** What the UID of a frame is made from: those of one object are told apart. */
export const nameOfFrame = (sopInstanceUid: string, frame: number, isMultiFrame: boolean): string =>
  isMultiFrame ? `${sopInstanceUid}#${frame}` : sopInstanceUid;

/** Type 2 in MR: there where nothing of it is kept, too. */
function scanOptionsElement(source: DataSet): Element[] {
  const kept = wordElement(source, 'ScanOptions', KEPT_WORDS.ScanOptions);
  return kept.length > 0 ? kept : [textElement('ScanOptions', '')];
}

const isBinary = (keyword: Keyword): boolean => ATTRIBUTES[keyword][1] === 'US';

function numberElement(source: DataSet, keyword: Keyword): Element[] {
  const values = source.numbers(keyword);
  if (values.length === 0) return [];
  if (isBinary(keyword)) return [shortsElement(keyword, values)];
  if (ATTRIBUTES[keyword][1] === 'FD') {
    const bytes = Buffer.alloc(8 * values.length);
    values.forEach((value, index) => bytes.writeDoubleLE(value, 8 * index));
    return [{ tag: tagOf(keyword), vr: 'FD', bytes }];
  }
  return [textElement(keyword, values.map(decimal))];
}

/** At most sixteen characters, as DS and IS allow. */
function decimal(value: number): string {
  const text = String(value);
  return text.length <= 16 ? text : value.toPrecision(10);
}

function wordElement(source: DataSet, keyword: Keyword, allowed: readonly string[] = []): Element[] {
  const kept = source.texts(keyword).filter((word) => allowed.includes(word));
  return kept.length === 0 ? [] : [textElement(keyword, kept)];
}

/** Descriptor and as many entries as it announces: nothing hides behind them. */
function tableElement(source: DataSet, keyword: Keyword): Element[] {
  const [item] = source.items(keyword);
  const descriptor = item?.numbers('LUTDescriptor') ?? [];
  const data = item?.get('LUTData');
  if (!item || descriptor.length < 3 || !data) return [];
  const inner = [
    shortsElement('LUTDescriptor', descriptor.slice(0, 3)),
    { tag: tagOf('LUTData'), vr: 'OW', bytes: tableBytes(data.bytes, descriptor) },
    ...wordElement(item, 'ModalityLUTType', KEPT_WORDS.ModalityLUTType),
  ];
  return [{ tag: tagOf(keyword), vr: 'SQ', bytes: Buffer.alloc(0), items: [dataSetOf(inner)] }];
}

const tableBytes = (bytes: Buffer, [count = 0]: readonly number[]): Buffer =>
  Buffer.from(bytes.subarray(0, 2 * ((count & 0xffff) === 0 ? 65_536 : count & 0xffff)));

function paletteElements(source: DataSet): Element[] {
  return (['Red', 'Green', 'Blue'] as const).flatMap((name) => {
    const descriptor = source.numbers(`${name}PaletteColorLookupTableDescriptor`).slice(0, 3);
    const data = source.get(`${name}PaletteColorLookupTableData`);
    if (descriptor.length < 3 || !data) return [];
    return [
      shortsElement(`${name}PaletteColorLookupTableDescriptor`, descriptor),
      { tag: data.tag, vr: 'OW', bytes: tableBytes(data.bytes, descriptor) },
    ];
  });
}

function makerElement(source: DataSet): Element[] {
  const name = source.text('Manufacturer').toUpperCase();
  const maker = MAKERS.find(([start]) => name.startsWith(start));
  return [textElement('Manufacturer', maker ? maker[1] : '')];
}

function methodSequence(): Element {
  const items = METHODS.map(([code, meaning]) =>
    dataSetOf([
      textElement('CodeValue', code),
      textElement('CodingSchemeDesignator', 'DCM'),
      textElement('CodeMeaning', meaning),
    ]),
  );
  return { tag: tagOf('DeidentificationMethodCodeSequence'), vr: 'SQ', bytes: Buffer.alloc(0), items };
}
