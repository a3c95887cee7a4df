/**
 * Images: decoding files, transforms from image to network input, phantoms.
 * The only lib that knows sharp; everything after decoding is plain arithmetic on bytes.
 */
export type { DecodedImage, ImageFormat, RasterImage, Size } from './image.js';
export {
  decodeImage,
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_PIXELS,
  MAX_SIDE_PIXELS,
  type DecodeLimits,
  type DecodeOptions,
} from './decode/decode-image.js';
export {
  detectFormat,
  FORMAT_EXTENSIONS,
  IMAGE_EXTENSIONS,
  isMislabelled,
  type RefusedFormat,
} from './decode/format.js';
export { longestZeros } from './decode/longest-zeros.js';
export { withoutMetadata } from './metadata/without-metadata.js';
export { encodeImage } from './encode-image.js';
export { perceptualDistance, perceptualHash, perceptualHashInTurns, SAME_PICTURE_DISTANCE } from './perceptual-hash.js';
export { PictureIndex, type SamePicture } from './picture-index.js';
export { withChannels } from './channels.js';

export {
  contourWindow,
  type ContourWindow,
  type ContourWindowOptions,
  type UncroppedReason,
} from './contour/contour-window.js';
export { outputBytesOf, type Range, type TransformOp, type TransformSpec } from './transforms/spec.js';
export { validateTransform } from './transforms/validate.js';
export { canonicalTransformJson, transformHash } from './transforms/canonical.js';
export { defaultTransform, s0Transform, transforms } from './transforms/named.js';
export { compileTransform, executeDrawn, type CompiledTransform, type TransformMode } from './transforms/compile.js';
export { drawOps, type DrawnOp } from './transforms/draw.js';
export { storedTransform, type StoredTransform } from './transforms/stored.js';
export type { PreparedImage } from './transforms/prepare.js';
export { prepareFile } from './prepare-file.js';

export { projectHeatMap, type HeatMap } from './saliency/project.js';
export { overlayHeat } from './saliency/overlay.js';
export { heatColours } from './saliency/colour-map.js';
export { drawHeatMap, type DrawnHeatMap, type HeatMapForm, type HeatMapRequest } from './saliency/draw-heat-map.js';

export type { FileDescription } from './worker-pool/describe-file.js';
export { ImageWorkerPool } from './worker-pool/image-worker-pool.js';
export type { ImageInput, InputFormat, PreparedInput } from './worker-pool/image-input.js';
export { sharedBytes } from './worker-pool/shared-image.js';
export type { TransformReference } from './worker-pool/transform-reference.js';
export type { TransformSamplesRequest } from './worker-pool/worker.js';

export { PHANTOM_CLASSES, renderPhantom, type PhantomClass, type PhantomOptions } from './phantoms/render.js';
export { writePhantomStudies } from './phantoms/dicom-studies.js';
export { writePhantomDataset, type PhantomDataset, type PhantomDatasetOptions } from './phantoms/dataset.js';
