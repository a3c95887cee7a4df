import { dataSetOf, shortsElement, tagOf, textElement, writeDicom, type DataSet, type Element } from '#libs/dicom';
import type { ExaminedFrame } from '#libs/dicom';

/** A frame as it is stored, under the header that is let through: what a thread decodes. */
export function encodedObject(
  header: DataSet,
  frame: { encoded: Buffer; photometric: string; isPlanar: boolean; compressedBy: string | undefined },
): Buffer {
  const { encoded, compressedBy } = frame;
  const tag = tagOf('PixelData');
  const pixels: Element =
    compressedBy === undefined
      ? { tag, vr: 'OW', bytes: encoded }
      : { tag, vr: 'OB', bytes: Buffer.alloc(0), fragments: [Buffer.alloc(0), encoded] };
  return writeDicom(
    withElements(header, [
      pixels,
      textElement('PhotometricInterpretation', frame.photometric),
      ...(frame.isPlanar ? [shortsElement('PlanarConfiguration', [1])] : []),
    ]),
    compressedBy,
  );
}

/**
 * The object that leaves: the header that is let through, and stored values. Compressed images carry comments and
 * markers of their own, and the bits above the stored ones overlays: none of them is written again.
 */
export function releasedObject(header: DataSet, { stored, photometric, channels }: ExaminedFrame): Buffer {
  const isColour = channels === 3 && photometric !== 'PALETTE COLOR';
  return writeDicom(
    withElements(header, [
      { tag: tagOf('PixelData'), vr: 'OW', bytes: Buffer.from(stored) },
      textElement('PhotometricInterpretation', photometric),
      ...(isColour ? [shortsElement('PlanarConfiguration', [0])] : []),
    ]),
  );
}

const withElements = (dataSet: DataSet, elements: readonly Element[]): DataSet =>
  dataSetOf([...dataSet.elements.values(), ...elements]);
