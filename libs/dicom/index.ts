/**
 * DICOM: reading and writing objects, from stored pixels to eight bits, where a slice lies. The only lib that knows the
 * decoders of compressed pixels (dcmjs-codecs). Imports libs/errors, libs/limits and libs/threads.
 *
 *     const file = parseDicom(bytes);
 *     const { width, height, data } = await renderFrame(file, { purpose: 'display' });
 */
export { DataSet, type Element } from './data-set/data-set.js';
export { ATTRIBUTES, formatTag, tagOf, vrOf, type Keyword } from './data-set/dictionary.js';
export { DICOM_LIMITS, type DicomLimits } from './data-set/limits.js';
export { isDicom, parseDicom, readDicom, type DicomFile } from './data-set/parse-file.js';
export {
  dataSetOf,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  sequenceElement,
  shortsElement,
  textElement,
  writeDataSet,
  writeDicom,
} from './data-set/write-file.js';
export { EXPLICIT_LITTLE_ENDIAN, TRANSFER_SYNTAXES, transferSyntax, type TransferSyntax } from './transfer-syntaxes.js';

export { framesOf } from './pixels/frames.js';
export { frameAttributes } from './pixels/functional-groups.js';
export { readPixelModule, type PixelModule } from './pixels/pixel-module.js';
export { decodeFrame, type StoredFrame } from './pixels/decode-frame.js';
export { percentileGreys } from './pixels/percentile-greys.js';
export { inOrder, ValueHistogram, type ValueCounts } from './pixels/percentile-window.js';
export {
  hasSeriesWindow,
  readFrame,
  renderFrame,
  type ReadFrame,
  type RenderedFrame,
  type RenderOptions,
} from './pixels/render.js';
export type { ValueWindow, WindowRule } from './pixels/voi.js';

export { DicomWorkerPool } from './worker-pool/dicom-worker-pool.js';
export type { ExaminedFrame, FrameToExamine } from './worker-pool/examine-frame.js';

export { sliceGeometry, type Plane, type SliceGeometry } from './geometry/plane.js';
export { hangUpright } from './geometry/upright.js';
