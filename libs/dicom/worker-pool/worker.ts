/** Entry of a DICOM worker: decodes frames, so that the event loop of a service touches no pixel. */
import { workerData } from 'node:worker_threads';
import { serveThread } from '#libs/threads';
import type { DicomLimits } from '../data-set/limits.js';
import { examineFrame, type ExaminedFrame, type FrameToExamine } from './examine-frame.js';

const limits = workerData as Partial<DicomLimits>;

const methods = {
  examine: (frame: FrameToExamine): Promise<ExaminedFrame> => examineFrame(frame, limits),
};

export type WorkerMethods = typeof methods;

serveThread(methods);
