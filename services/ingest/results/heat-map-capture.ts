import { dataSetOf, sequenceElement, shortsElement, tagOf, textElement, type DataSet } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import { commonModules, utf8 } from './common-modules.js';
import { imageReference } from './content-items.js';
import { DISCLAIMER, uidOf, type StudyResult } from './result.js';
import { STAMP_ROWS, stamped } from './stamp.js';

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';
const SERIES_NUMBER = 9902;

/** A picture of what in a slice speaks for a class. */
export interface HeatMapPicture {
  sampleId: string;
  className: string;
  /** How it was made: "cam" or "grad-cam". */
  method: string;
  width: number;
  height: number;
  /** `[row, column, channel]`. */
  rgb: Uint8Array;
}

/**
 * A heat map over its slice as a Secondary Capture of the site's study, with the disclaimer under it. The picture hangs
 * as models see slices, which may be turned from how the slice is stored: it has no geometry of its own.
 *
 * @param number of the picture in its series, from 1
 * @throws NOT_FOUND for a slice that did not come from this site
 */
export function heatMapCapture(result: StudyResult, picture: HeatMapPicture, number: number): DataSet {
  const { sampleId, className, method, width, height, rgb } = picture;
  const source = result.images.get(sampleId);
  if (!source) throw new SulcusError('NOT_FOUND', `The slice ${sampleId} is not in this site's register`);
  const rows = height + STAMP_ROWS;
  const pixels = stamped(rgb, width, DISCLAIMER);
  const padded = Buffer.alloc(pixels.length + (pixels.length % 2));
  padded.set(pixels);
  return dataSetOf([
    ...commonModules(result, {
      sopClassUid: SECONDARY_CAPTURE,
      sopInstanceUid: uidOf('heat map', result.prediction.studyPredictionId, sampleId, className),
      ...{ modality: 'OT', seriesNumber: SERIES_NUMBER, what: 'heat maps' },
    }),
    textElement('ConversionType', 'WSD'),
    textElement('Laterality', ''),
    textElement('PatientOrientation', ''),
    textElement('ImageType', 'DERIVED\\SECONDARY'),
    textElement('InstanceNumber', String(number)),
    utf8('DerivationDescription', `${method} of ${className} by ${result.prediction.modelVersion}. ${DISCLAIMER}`),
    sequenceElement('SourceImageSequence', [imageReference(source)]),
    textElement('BurnedInAnnotation', 'YES'),
    textElement('PhotometricInterpretation', 'RGB'),
    shortsElement('SamplesPerPixel', [3]),
    shortsElement('PlanarConfiguration', [0]),
    shortsElement('Rows', [rows]),
    shortsElement('Columns', [width]),
    shortsElement('BitsAllocated', [8]),
    shortsElement('BitsStored', [8]),
    shortsElement('HighBit', [7]),
    shortsElement('PixelRepresentation', [0]),
    textElement('LossyImageCompression', '00'),
    { tag: tagOf('PixelData'), vr: 'OB', bytes: padded },
  ]);
}
