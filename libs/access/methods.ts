import type { Role } from './roles.js';

const INFERENCE = 'inference.GRPCInferenceService';

/** Role that a call needs; null: any peer with an identity. */
const METHODS = new Map<string, Role | null>([
  ['sulcus.v1.Ingest/UploadImages', 'upload'],
  ['sulcus.v1.Ingest/UploadImagesAcked', 'upload'],
  ['sulcus.v1.Ingest/Annotate', 'annotate'],
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
