// Original file: proto/sulcus/v1/archive.proto

import type { SplitInput as _sulcus_v1_SplitInput, Split as _sulcus_v1_Split } from '../../sulcus/v1/Split.js';
import type { Long } from '@grpc/proto-loader';

/**
 * What the broker remembers of a sample that left it: the value of `sample.<sample_id>` in the bucket `archive`. By it
 * an archived image that is sent again is known as a duplicate, and a label for an archived sample as such.
 */
export interface ArchiveEntryInput {
  /**
   * Site that sent the image.
   */
  'site'?: (string);
  /**
   * Pseudonym of the study, or empty.
   */
  'studyId'?: (string);
  /**
   * Split that the sample belongs to.
   */
  'split'?: (_sulcus_v1_SplitInput);
  /**
   * Class name that the image came with, or empty.
   */
  'label'?: (string);
  /**
   * Where the image came from, for people.
   */
  'source'?: (string);
  /**
   * Place on the SCANS stream before.
   */
  'scanSequence'?: (number | string | Long);
  /**
   * Places on the SCANS stream before that one, when it left and came back, oldest first.
   */
  'earlierSequences'?: (number | string | Long)[];
  /**
   * Pseudonym of the patient, or empty.
   */
  'patientId'?: (string);
  /**
   * Label that the archive holds it under; empty when it has none.
   */
  'archivedLabel'?: (string);
}

/**
 * What the broker remembers of a sample that left it: the value of `sample.<sample_id>` in the bucket `archive`. By it
 * an archived image that is sent again is known as a duplicate, and a label for an archived sample as such.
 */
export interface ArchiveEntry {
  /**
   * Site that sent the image.
   */
  'site': (string);
  /**
   * Pseudonym of the study, or empty.
   */
  'studyId': (string);
  /**
   * Split that the sample belongs to.
   */
  'split': (_sulcus_v1_Split);
  /**
   * Class name that the image came with, or empty.
   */
  'label': (string);
  /**
   * Where the image came from, for people.
   */
  'source': (string);
  /**
   * Place on the SCANS stream before.
   */
  'scanSequence': (number);
  /**
   * Places on the SCANS stream before that one, when it left and came back, oldest first.
   */
  'earlierSequences': (number)[];
  /**
   * Pseudonym of the patient, or empty.
   */
  'patientId': (string);
  /**
   * Label that the archive holds it under; empty when it has none.
   */
  'archivedLabel': (string);
}
