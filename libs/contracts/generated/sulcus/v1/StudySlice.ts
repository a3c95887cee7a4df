// Original file: proto/sulcus/v1/study.proto


/**
 * One slice of a study that is sent.
 */
export interface StudySliceInput {
  /**
   * Encoded file: JPEG, PNG, TIFF or WebP.
   */
  'image'?: (Buffer | Uint8Array | string);
  /**
   * Caller's own name for the slice, echoed in the answer.
   */
  'name'?: (string);
}

/**
 * One slice of a study that is sent.
 */
export interface StudySlice {
  /**
   * Encoded file: JPEG, PNG, TIFF or WebP.
   */
  'image': (Buffer);
  /**
   * Caller's own name for the slice, echoed in the answer.
   */
  'name': (string);
}
