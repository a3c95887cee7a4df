// Original file: proto/sulcus/v1/scan.proto

import type { SplitInput as _sulcus_v1_SplitInput, Split as _sulcus_v1_Split } from '../../sulcus/v1/Split.js';
import type { PayloadInput as _sulcus_v1_PayloadInput, Payload as _sulcus_v1_Payload } from '../../sulcus/v1/Payload.js';
import type { DicomFactsInput as _sulcus_v1_DicomFactsInput, DicomFacts as _sulcus_v1_DicomFacts } from '../../sulcus/v1/DicomFacts.js';
import type { Long } from '@grpc/proto-loader';

/**
 * One accepted image (for DICOM: one frame), as ingest publishes it to the SCANS stream.
 */
export interface ScanInput {
  /**
   * Identity of the sample: SHA-256 of the image bytes, lower-case hexadecimal.
   */
  'sampleId'?: (string);
  /**
   * Pseudonym of the study, or empty when the source has none.
   */
  'studyId'?: (string);
  /**
   * Pseudonym of the patient, made at the edge, or empty when the source has none.
   */
  'patientId'?: (string);
  /**
   * Site that sent the image: lower-case letters, digits and '-'.
   */
  'site'?: (string);
  /**
   * Split that the sample belongs to.
   */
  'split'?: (_sulcus_v1_SplitInput);
  /**
   * Class name known at ingest, or empty: a label may follow on the LABELS stream.
   */
  'label'?: (string);
  /**
   * Encoded image file, exactly as received.
   */
  'image'?: (_sulcus_v1_PayloadInput | null);
  /**
   * Decoded format: "jpeg", "png", "tiff", "webp" or "dicom" (one frame, de-identified).
   */
  'format'?: (string);
  /**
   * Decoded size in pixels.
   */
  'width'?: (number);
  /**
   * Decoded height in pixels.
   */
  'height'?: (number);
  /**
   * Channels of the decoded image: 1 (grey) or 3 (RGB).
   */
  'channels'?: (number);
  /**
   * When ingest received the image, milliseconds since the Unix epoch.
   */
  'receivedUnixMs'?: (number | string | Long);
  /**
   * Where the image came from, for people: a path relative to the imported folder, or the upload's own name.
   */
  'source'?: (string);
  /**
   * What a DICOM object says of itself; absent for other images.
   */
  'dicom'?: (_sulcus_v1_DicomFactsInput | null);
}

/**
 * One accepted image (for DICOM: one frame), as ingest publishes it to the SCANS stream.
 */
export interface Scan {
  /**
   * Identity of the sample: SHA-256 of the image bytes, lower-case hexadecimal.
   */
  'sampleId': (string);
  /**
   * Pseudonym of the study, or empty when the source has none.
   */
  'studyId': (string);
  /**
   * Pseudonym of the patient, made at the edge, or empty when the source has none.
   */
  'patientId': (string);
  /**
   * Site that sent the image: lower-case letters, digits and '-'.
   */
  'site': (string);
  /**
   * Split that the sample belongs to.
   */
  'split': (_sulcus_v1_Split);
  /**
   * Class name known at ingest, or empty: a label may follow on the LABELS stream.
   */
  'label': (string);
  /**
   * Encoded image file, exactly as received.
   */
  'image': (_sulcus_v1_Payload | null);
  /**
   * Decoded format: "jpeg", "png", "tiff", "webp" or "dicom" (one frame, de-identified).
   */
  'format': (string);
  /**
   * Decoded size in pixels.
   */
  'width': (number);
  /**
   * Decoded height in pixels.
   */
  'height': (number);
  /**
   * Channels of the decoded image: 1 (grey) or 3 (RGB).
   */
  'channels': (number);
  /**
   * When ingest received the image, milliseconds since the Unix epoch.
   */
  'receivedUnixMs': (number);
  /**
   * Where the image came from, for people: a path relative to the imported folder, or the upload's own name.
   */
  'source': (string);
  /**
   * What a DICOM object says of itself; absent for other images.
   */
  'dicom': (_sulcus_v1_DicomFacts | null);
}
