// Original file: proto/sulcus/v1/ingest.proto

import type { AnnotationInput as _sulcus_v1_AnnotationInput, Annotation as _sulcus_v1_Annotation } from '../../sulcus/v1/Annotation.js';

export interface AnnotateRequestInput {
  'annotations'?: (_sulcus_v1_AnnotationInput)[];
}

export interface AnnotateRequest {
  'annotations': (_sulcus_v1_Annotation)[];
}
