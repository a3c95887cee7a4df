// Original file: proto/sulcus/v1/ingest.proto

import type { AnnotationInput as _sulcus_v1_AnnotationInput, Annotation as _sulcus_v1_Annotation } from '../../sulcus/v1/Annotation.js';

/**
 * Labels that are stored together or not at all.
 */
export interface AnnotateRequestInput {
  /**
   * The labels, in any order.
   */
  'annotations'?: (_sulcus_v1_AnnotationInput)[];
  /**
   * Site that the samples and studies are of, for edges; empty: the server's own. A peer of a site labels for its site.
   */
  'site'?: (string);
}

/**
 * Labels that are stored together or not at all.
 */
export interface AnnotateRequest {
  /**
   * The labels, in any order.
   */
  'annotations': (_sulcus_v1_Annotation)[];
  /**
   * Site that the samples and studies are of, for edges; empty: the server's own. A peer of a site labels for its site.
   */
  'site': (string);
}
