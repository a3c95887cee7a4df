import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dataSetOf, shortsElement, tagOf, textElement, writeDicom, type Keyword } from '#libs/dicom';

const SIZE = 512;

/** An MR slice of 512 x 512, 16 bits, with a UID and pixels of its own; each round is a study of its own. */
function sliceOf(index: number, round: number): Buffer {
  const pixels = new Uint16Array(SIZE * SIZE);
  for (let at = 0; at < pixels.length; at++)
    pixels[at] = (at * 31 + index * 977 + round * 7919 + (at >> 9) * index) & 0xfff;
  const texts: Partial<Record<Keyword, string>> = {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.4',
    SOPInstanceUID: `2.25.${1_000_000 * (round + 1) + index}`,
    StudyInstanceUID: `2.25.${2000 + round}`,
    SeriesInstanceUID: `2.25.${3000 + round}`,
    Modality: 'MR',
    PatientID: 'BENCH',
    PatientName: 'Bench',
    ImageType: 'ORIGINAL\\PRIMARY\\M',
    PhotometricInterpretation: 'MONOCHROME2',
    InstanceNumber: String(index),
  };
  const numbers = {
    ...{ SamplesPerPixel: 1, Rows: SIZE, Columns: SIZE, BitsAllocated: 16 },
    ...{ BitsStored: 12, HighBit: 11, PixelRepresentation: 0 },
  };
  return writeDicom(
    dataSetOf([
      ...Object.entries(texts).map(([keyword, text]) => textElement(keyword as Keyword, text)),
      ...Object.entries(numbers).map(([keyword, value]) => shortsElement(keyword as Keyword, [value])),
      { tag: tagOf('PixelData'), vr: 'OW', bytes: Buffer.from(pixels.buffer) },
    ]),
  );
}

/** Writes the slices of a round as files, and names them. */
export async function writeSlices(folder: string, count: number, round: number): Promise<string[]> {
  const files: string[] = [];
  for (let index = 0; index < count; index++) {
    const file = path.join(folder, `${round}-${index}.dcm`);
    await writeFile(file, sliceOf(index, round));
    files.push(file);
  }
  return files;
}
