import { LIMITS } from '#libs/limits';

/** Bounds of what a file may make us hold. */
export interface DicomLimits {
  /** Encoded, and inflated where it is deflated. */
  maxBytes: number;
  /** Attributes of the file, those in sequences and the items that they are in included. */
  maxElements: number;
  /** Sequences within sequences. */
  maxDepth: number;
  /** Frames of one object. */
  maxFrames: number;
  /** Rows times columns of one frame. */
  maxPixels: number;
}

/** An enhanced MR of two thousand frames has some two hundred thousand attributes. */
export const DICOM_LIMITS: DicomLimits = {
  maxBytes: 512 * 2 ** 20,
  maxElements: LIMITS.dicomElements.value,
  maxDepth: LIMITS.dicomDepth.value,
  maxFrames: LIMITS.dicomFrames.value,
  maxPixels: LIMITS.imagePixels.value,
};
