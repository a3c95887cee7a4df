import { readFileSync } from 'node:fs';
import {
  dataSetOf,
  parseDicom,
  shortsElement,
  tagOf,
  textElement,
  writeDicom,
  type DataSet,
  type Element,
  type Keyword,
} from '#libs/dicom';

export const fixtureBytes = (name: string): Buffer =>
  readFileSync(new URL(`../../../fixtures/dicom/${name}.dcm`, import.meta.url));

export const MR = '1.2.840.10008.5.1.4.1.1.4';

/** An MR slice of 32 x 32 pixels, whose values depend on its seed. */
export function slice(texts: Partial<Record<Keyword, string>> = {}, seed = 1, more: readonly Element[] = []): DataSet {
  const pixels = Buffer.alloc(2 * 32 * 32);
  for (let at = 0; at < 32 * 32; at++) pixels.writeUInt16LE((at * (3 + seed) + 37 * seed) % 3000, 2 * at);
  const all: Partial<Record<Keyword, string>> = {
    SOPClassUID: MR,
    SOPInstanceUID: `1.2.3.4.${seed}`,
    StudyInstanceUID: '1.2.3.1',
    SeriesInstanceUID: '1.2.3.2',
    Modality: 'MR',
    ImageType: 'ORIGINAL\\PRIMARY\\M\\SE',
    PatientID: 'MRN-1234567',
    PatientName: 'Doe^Jane',
    PhotometricInterpretation: 'MONOCHROME2',
    ImageOrientationPatient: '1\\0\\0\\0\\1\\0',
    ImagePositionPatient: `-100\\-100\\${5 * seed}`,
    InstanceNumber: String(seed),
    ...texts,
  };
  const elements = Object.entries(all).map(([keyword, value]) => textElement(keyword as Keyword, value));
  return dataSetOf([
    ...elements,
    shortsElement('SamplesPerPixel', [1]),
    shortsElement('Rows', [32]),
    shortsElement('Columns', [32]),
    shortsElement('BitsAllocated', [16]),
    shortsElement('BitsStored', [12]),
    shortsElement('HighBit', [11]),
    shortsElement('PixelRepresentation', [0]),
    { tag: tagOf('PixelData'), vr: 'OW', bytes: pixels },
    ...more,
  ]);
}

export const sliceBytes = (...parameters: Parameters<typeof slice>): Buffer => writeDicom(slice(...parameters));

export const parsed = (bytes: Uint8Array): DataSet => parseDicom(bytes).dataSet;
