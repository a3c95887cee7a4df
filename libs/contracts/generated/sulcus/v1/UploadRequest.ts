// Original file: proto/sulcus/v1/ingest.proto

import type { SplitInput as _sulcus_v1_SplitInput, Split as _sulcus_v1_Split } from '../../sulcus/v1/Split.js';

/**
 * One image, whole: at most the server's message limit (16 MB unless configured).
 */
export interface UploadRequestInput {
  /**
   * Caller's own name for the image, echoed in the acknowledgement.
   */
  'name'?: (string);
  /**
   * Encoded file: JPEG, PNG, TIFF, WebP or DICOM, which is de-identified here.
   */
  'image'?: (Buffer | Uint8Array | string);
  /**
   * Class name, or empty when it is not known yet.
   */
  'label'?: (string);
  /**
   * Patient identity as the site knows it. It never leaves the service: a keyed pseudonym does.
   */
  'patientId'?: (string);
  /**
   * Study identity as the site knows it; treated like patient_id.
   */
  'studyId'?: (string);
  /**
   * Asks for a split; SPLIT_UNSPECIFIED lets the keyed hash decide.
   */
  'split'?: (_sulcus_v1_SplitInput);
}

/**
 * One image, whole: at most the server's message limit (16 MB unless configured).
 */
export interface UploadRequest {
  /**
   * Caller's own name for the image, echoed in the acknowledgement.
   */
  'name': (string);
  /**
   * Encoded file: JPEG, PNG, TIFF, WebP or DICOM, which is de-identified here.
   */
  'image': (Buffer);
  /**
   * Class name, or empty when it is not known yet.
   */
  'label': (string);
  /**
   * Patient identity as the site knows it. It never leaves the service: a keyed pseudonym does.
   */
  'patientId': (string);
  /**
   * Study identity as the site knows it; treated like patient_id.
   */
  'studyId': (string);
  /**
   * Asks for a split; SPLIT_UNSPECIFIED lets the keyed hash decide.
   */
  'split': (_sulcus_v1_Split);
}
