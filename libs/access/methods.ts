import type { Role } from './roles.js';

const INFERENCE = 'inference.GRPCInferenceService';

/** Role that a call needs; null: any peer with an identity. */
const METHODS = new Map<string, Role | null>([
  ['sulcus.v1.Ingest/UploadImages', 'upload'],
  ['sulcus.v1.Ingest/UploadImagesAcked', 'upload'],
  ['sulcus.v1.Ingest/Annotate', 'annotate'],
  ['sulcus.v1.Ingest/ForwardScans', 'upload'],
  ['sulcus.v1.Ingest/CompleteStudy', 'upload'],
  ['sulcus.v1.Ingest/FindDurable', 'upload'],
  ['sulcus.v1.Ingest/Describe', 'upload'],
  ['dicomweb/StoreInstances', 'upload'],
  ['fhir/DiagnosticReport', 'annotate'],
  ['sulcus.v1.Predictor/Predict', 'predict'],
  ['sulcus.v1.Predictor/PredictStream', 'predict'],
  ['sulcus.v1.Predictor/PredictStudy', 'predict'],
  ['sulcus.v1.Predictor/PredictStoredStudy', 'predict'],
  [`${INFERENCE}/ServerLive`, null],
  [`${INFERENCE}/ServerReady`, null],
  [`${INFERENCE}/ServerMetadata`, null],
  [`${INFERENCE}/ModelReady`, null],
  [`${INFERENCE}/ModelMetadata`, 'predict'],
  [`${INFERENCE}/ModelConfig`, 'predict'],
  [`${INFERENCE}/ModelStatistics`, 'predict'],
  [`${INFERENCE}/ModelInfer`, 'predict'],
  [`${INFERENCE}/ModelStreamInfer`, 'predict'],
  [`${INFERENCE}/RepositoryIndex`, 'predict'],
  [`${INFERENCE}/RepositoryModelLoad`, 'administer'],
  [`${INFERENCE}/RepositoryModelUnload`, 'administer'],
]);

/**
 * Role that a call of a method needs; null: any peer with an identity. What is not listed needs `administer`.
 *
 * @param method for example `sulcus.v1.Predictor/Predict`
 */
export const requiredRole = (method: string): Role | null => {
  const role = METHODS.get(method);
  return role === undefined ? 'administer' : role;
};

/** Calls of edges, each of which sends for its own site: what they carry says for which, and is compared there. */
const ANY_SITE: ReadonlySet<string> = new Set([
  'sulcus.v1.Ingest/ForwardScans',
  'sulcus.v1.Ingest/CompleteStudy',
  'sulcus.v1.Ingest/FindDurable',
  'sulcus.v1.Ingest/Annotate',
  'sulcus.v1.Ingest/Describe',
]);

/** Whether peers of every site may call a method of a server that takes in for one. */
export const isForAnySite = (method: string): boolean => ANY_SITE.has(method);
