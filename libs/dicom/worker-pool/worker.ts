/** Entry of a DICOM worker: decodes frames, so that the event loop of a service touches no pixel. */
import { workerData } from 'node:worker_threads';
import { SulcusError } from '#libs/errors';
import { serveThread } from '#libs/threads';
import type { DicomLimits } from '../data-set/limits.js';
import { parseDicom } from '../data-set/parse-file.js';
import { hasSeriesWindow, readFrame, type RenderedFrame } from '../pixels/render.js';
import { readPixelModule, type PixelModule } from '../pixels/pixel-module.js';
import { storedBytes } from '../pixels/stored-bytes.js';
import type { ValueWindow } from '../pixels/voi.js';

/** An object of one frame, decoded for the model. */
export interface ExaminedFrame extends Omit<RenderedFrame, 'window'> {
  windowLow: number | undefined;
  windowHigh: number | undefined;
  /** Values and counts of the frame, in turn; empty where windows do not follow values. */
  histogram: Float64Array;
  /** The stored values and nothing else, little-endian, colours interleaved: overlays in unused bits are gone. */
  stored: Uint8Array;
  /** What `stored` is in; decompression may have changed it. */
  photometric: PixelModule['photometric'];
}

export interface ExamineRequest {
  bytes: Uint8Array;
  /** Of the whole series; default: of the frame. */
  seriesWindow?: ValueWindow | undefined;
}

const limits = workerData as Partial<DicomLimits>;

const methods = {
  /** @throws IMAGE_* */
  examine: async ({ bytes, seriesWindow }: ExamineRequest): Promise<ExaminedFrame> => {
    try {
      const file = parseDicom(bytes, limits);
      const pixels = readPixelModule(file.dataSet, limits);
      const frame = await readFrame(file, 0, limits);
      const { window, ...image } = frame.render({ purpose: 'model', seriesWindow });
      const isByValues = hasSeriesWindow(file.dataSet.text('Modality'));
      const histogram = Float64Array.from(isByValues ? frame.histogram().entries().flat() : []);
      return {
        ...image,
        windowLow: window?.low,
        windowHigh: window?.high,
        histogram,
        stored: storedBytes(frame.stored.words, pixels),
        photometric: frame.stored.photometric,
      };
    } catch (error) {
      if (error instanceof SulcusError) throw error;
      // Whatever decoding stumbles over, it will again.
      throw new SulcusError('IMAGE_UNDECODABLE', `Decoding failed: ${String(error)}`, { cause: error });
    }
  },
};

export type WorkerMethods = typeof methods;

serveThread(methods);
