import { parseDicom, readFrame, readPixelModule, type ValueWindow } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import { greyChannel } from '../channels.js';
import type { DecodedImage } from '../image.js';

/**
 * Decodes a DICOM object of one frame as the model sees it: measured values, the window, upright as its plane hangs.
 * The calling thread is busy meanwhile.
 *
 * Only what says that it is de-identified is taken: whoever decodes here is no longer at the site.
 *
 * @throws IMAGE_* as decodeImage; IMAGE_UNSUPPORTED for an object that may name a patient or has several frames
 */
export async function decodeDicom(
  bytes: Buffer,
  options: { maxPixels?: number; maxBytes?: number; seriesWindow?: ValueWindow | undefined },
): Promise<DecodedImage> {
  const limits = { maxBytes: options.maxBytes, maxPixels: options.maxPixels };
  const known = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  const file = parseDicom(bytes, known);
  if (file.dataSet.text('PatientIdentityRemoved') !== 'YES')
    throw new SulcusError(
      'IMAGE_UNSUPPORTED',
      'The DICOM object may name a patient: send it to ingest, or through `sulcus deidentify` first',
    );
  const { frames } = readPixelModule(file.dataSet, known);
  if (frames > 1)
    throw new SulcusError('IMAGE_UNSUPPORTED', `The DICOM object has ${frames} frames: send one image at a time`);
  const frame = await readFrame(file, 0, known);
  const { width, height, channels, data } = frame.render({ purpose: 'model', seriesWindow: options.seriesWindow });
  const decoded = { width, height, format: 'dicom', original: { width, height } } as const;
  const grey = channels === 3 ? greyChannel(data) : undefined;
  return grey ? { ...decoded, channels: 1, data: grey } : { ...decoded, channels, data };
}
