import { EXPLICIT_LITTLE_ENDIAN } from '../transfer-syntaxes.js';
import { DataSet, type Element } from './data-set.js';
import { ATTRIBUTES, tagOf, type Keyword } from './dictionary.js';

/** Names this implementation in files and associations: a UUID-derived UID (PS3.5 annex B.2). */
export const IMPLEMENTATION_CLASS_UID = '2.25.309271620476190834721365570934158263441';
export const IMPLEMENTATION_VERSION_NAME = 'SULCUS';

const PREAMBLE = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]);
const SHORT = new Set('AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));
const NUL_PADDED = new Set(['UI', 'OB', 'UN']);
const UNDEFINED_LENGTH = 0xffffffff;

/**
 * A text attribute; several values are joined by a backslash.
 *
 * @param encoding utf8: of a data set whose character set is ISO_IR 192
 */
export function textElement(
  keyword: Keyword,
  value: string | readonly string[],
  encoding: 'latin1' | 'utf8' = 'latin1',
): Element {
  const [tag, vr] = ATTRIBUTES[keyword];
  return { tag, vr, bytes: Buffer.from(typeof value === 'string' ? value : value.join('\\'), encoding) };
}

/** An attribute of unsigned 16-bit numbers. */
export function shortsElement(keyword: Keyword, values: readonly number[]): Element {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => bytes.writeUInt16LE(value & 0xffff, 2 * index));
  return { tag: tagOf(keyword), vr: 'US', bytes };
}

/** A sequence of items. */
export function sequenceElement(keyword: Keyword, items: readonly DataSet[]): Element {
  return { tag: tagOf(keyword), vr: 'SQ', bytes: Buffer.alloc(0), items: [...items] };
}

/** A data set of the elements, in any order. */
export function dataSetOf(elements: Iterable<Element>): DataSet {
  const dataSet = new DataSet();
  for (const element of elements) dataSet.elements.set(element.tag, element);
  return dataSet;
}

/**
 * A file of PS3.10: preamble, file meta information, and the data set in Explicit VR Little Endian with its attributes
 * in order. The same data set gives the same bytes.
 *
 * @param syntaxUid what compresses the pixels; Explicit VR Little Endian for native ones
 */
export function writeDicom(dataSet: DataSet, syntaxUid = EXPLICIT_LITTLE_ENDIAN): Buffer {
  const meta = writeElements([
    { tag: tagOf('FileMetaInformationVersion'), vr: 'OB', bytes: Buffer.from([0, 1]) },
    textElement('MediaStorageSOPClassUID', dataSet.text('SOPClassUID')),
    textElement('MediaStorageSOPInstanceUID', dataSet.text('SOPInstanceUID')),
    textElement('TransferSyntaxUID', syntaxUid),
    textElement('ImplementationClassUID', IMPLEMENTATION_CLASS_UID),
    textElement('ImplementationVersionName', IMPLEMENTATION_VERSION_NAME),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.concat(meta).length);
  const groupLength = writeElements([{ tag: tagOf('FileMetaInformationGroupLength'), vr: 'UL', bytes: length }]);
  return Buffer.concat([PREAMBLE, ...groupLength, ...meta, ...writeDataSet(dataSet)]);
}

/**
 * The data set alone, as it travels in a message.
 *
 * @param isExplicit false: Implicit VR Little Endian
 */
export const writeDataSet = (dataSet: DataSet, isExplicit = true): Buffer[] =>
  writeElements(
    [...dataSet.elements.values()].sort((left, right) => left.tag - right.tag),
    isExplicit,
  );

function writeElements(elements: readonly Element[], isExplicit = true): Buffer[] {
  const header = isExplicit ? explicitHeader : implicitHeader;
  return elements.flatMap((element) => {
    if (element.fragments) return [header(element, UNDEFINED_LENGTH), ...writeFragments(element.fragments)];
    if (element.items) {
      const items = element.items.flatMap((item) => writeItem(Buffer.concat(writeDataSet(item, isExplicit))));
      return [
        header(
          element,
          items.reduce((sum, part) => sum + part.length, 0),
        ),
        ...items,
      ];
    }
    const padding = element.bytes.length % 2 === 0 ? [] : [Buffer.from([NUL_PADDED.has(element.vr) ? 0 : 0x20])];
    return [header(element, element.bytes.length + padding.length), element.bytes, ...padding];
  });
}

function explicitHeader({ tag, vr }: Element, length: number): Buffer {
  const isShort = SHORT.has(vr);
  const bytes = Buffer.alloc(isShort ? 8 : 12);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  bytes.write(vr, 4, 'latin1');
  if (isShort) bytes.writeUInt16LE(length, 6);
  else bytes.writeUInt32LE(length, 8);
  return bytes;
}

function implicitHeader({ tag }: Element, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

const writeItem = (value: Buffer): Buffer[] => [marker(0xe000, value.length), value];

const writeFragments = (fragments: readonly Buffer[]): Buffer[] => [
  ...fragments.flatMap((fragment) =>
    writeItem(fragment.length % 2 === 0 ? fragment : Buffer.concat([fragment, Buffer.alloc(1)])),
  ),
  marker(0xe0dd, 0),
];

function marker(element: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(0xfffe, 0);
  bytes.writeUInt16LE(element, 2);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}
