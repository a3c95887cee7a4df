import { dataSetOf, sequenceElement, textElement, type DataSet, type Element } from '#libs/dicom';
import { codeItem, utf8, type Code } from './common-modules.js';
import type { ReferencedImage } from './result.js';

/** How a content item hangs on the one above it (PS3.3 C.17.3.2.4). */
export type Relationship = 'CONTAINS' | 'HAS OBS CONTEXT' | 'HAS CONCEPT MOD' | 'INFERRED FROM' | 'HAS PROPERTIES';

const code = (keyword: 'ConceptNameCodeSequence' | 'ConceptCodeSequence', value: Code): Element =>
  sequenceElement(keyword, [dataSetOf(codeItem(value))]);

const item = (type: string, relationship: Relationship, name: Code | undefined, rest: readonly Element[]): DataSet =>
  dataSetOf([
    textElement('RelationshipType', relationship),
    textElement('ValueType', type),
    ...(name ? [code('ConceptNameCodeSequence', name)] : []),
    ...rest,
  ]);

/** Content items of a structured report (PS3.3 C.17.3). */
export const content = {
  container: (relationship: Relationship, name: Code, items: readonly DataSet[]): DataSet =>
    item('CONTAINER', relationship, name, [
      textElement('ContinuityOfContent', 'SEPARATE'),
      sequenceElement('ContentSequence', items),
    ]),
  code: (relationship: Relationship, name: Code, value: Code): DataSet =>
    item('CODE', relationship, name, [code('ConceptCodeSequence', value)]),
  text: (relationship: Relationship, name: Code, value: string): DataSet =>
    item('TEXT', relationship, name, [utf8('TextValue', value)]),
  uid: (relationship: Relationship, name: Code, value: string): DataSet =>
    item('UIDREF', relationship, name, [textElement('UID', value)]),
  /** A number without unit. */
  ratio: (relationship: Relationship, name: Code, value: number, items: readonly DataSet[] = []): DataSet =>
    item('NUM', relationship, name, [
      sequenceElement('MeasuredValueSequence', [
        dataSetOf([
          textElement('NumericValue', value.toPrecision(6)),
          sequenceElement('MeasurementUnitsCodeSequence', [
            dataSetOf(codeItem({ value: '1', scheme: 'UCUM', meaning: 'no units' })),
          ]),
        ]),
      ]),
      ...(items.length === 0 ? [] : [sequenceElement('ContentSequence', items)]),
    ]),
  image: (relationship: Relationship, image: ReferencedImage): DataSet =>
    item('IMAGE', relationship, undefined, [sequenceElement('ReferencedSOPSequence', [imageReference(image)])]),
};

/** Class and instance, and the frame where there are several. */
export const imageReference = ({ object, frame }: ReferencedImage): DataSet =>
  dataSetOf([
    textElement('ReferencedSOPClassUID', object.sopClassUid),
    textElement('ReferencedSOPInstanceUID', object.sopInstanceUid),
    ...(frame === undefined ? [] : [textElement('ReferencedFrameNumber', String(frame))]),
  ]);
