import dimse from 'dcmjs-dimse';
import { EXPLICIT_LITTLE_ENDIAN, writeDataSet, type DataSet } from '#libs/dicom';

/** The bytes of a data set, which the library neither reads nor writes; undefined for one that was too long. */
export class RawDataset extends dimse.Dataset {
  readonly bytes: Buffer | undefined;
  readonly syntaxUid: string;

  /** @param elements what the library asks of a data set that it sends */
  constructor(bytes: Buffer | undefined, syntaxUid: string, elements: Record<string, string> = {}) {
    super(elements, syntaxUid);
    this.bytes = bytes;
    this.syntaxUid = syntaxUid;
  }

  override getDenaturalizedDataset(): Buffer {
    return this.bytes ?? Buffer.alloc(0);
  }
}

/** To be sent, in the one or the other uncompressed syntax. */
export function rawDataset(dataSet: DataSet, syntaxUid = EXPLICIT_LITTLE_ENDIAN): RawDataset {
  const elements = { SOPClassUID: dataSet.text('SOPClassUID'), SOPInstanceUID: dataSet.text('SOPInstanceUID') };
  return new RawDataset(
    Buffer.concat(writeDataSet(dataSet, syntaxUid === EXPLICIT_LITTLE_ENDIAN)),
    syntaxUid,
    elements,
  );
}
