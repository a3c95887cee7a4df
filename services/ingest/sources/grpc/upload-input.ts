import { Split, type ImageAckInput, type UploadRequest } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { ImageInput, IngestOutcome } from '../../pipeline/outcome.js';
import { SPLITS, type AssignedSplit } from '../../pipeline/splits.js';

/** Images of one upload that are under way at the same time: bounds memory, and lets decoding and storing overlap. */
export const UPLOAD_WINDOW = 16;

/**
 * One request as the ingestor takes it.
 *
 * @throws INVALID_ARGUMENT for a split that the contract does not know
 */
export function toImageInput(request: UploadRequest): ImageInput {
  return {
    bytes: request.image,
    source: request.name,
    label: request.label,
    patientId: request.patientId,
    studyId: request.studyId,
    splits: requestedSplits(request.split),
  };
}

function requestedSplits(split: Split): readonly AssignedSplit[] | undefined {
  if (split === Split.SPLIT_UNSPECIFIED) return undefined;
  if (!SPLITS.includes(split))
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `There is no split ${String(split)}: ask for train, validation, gate or test, or leave it out`,
    );
  return [split];
}

/** The answer to one request. */
export function toAck(name: string, outcome: IngestOutcome): ImageAckInput {
  switch (outcome.kind) {
    case 'ingested':
      return { name, outcome: 'OUTCOME_INGESTED', sampleId: outcome.sampleId, split: outcome.split };
    case 'duplicate':
      return { name, outcome: 'OUTCOME_DUPLICATE', sampleId: outcome.sampleId, split: outcome.split };
    case 'filtered':
      return {
        name,
        outcome: 'OUTCOME_REJECTED',
        errorCode: 'IMAGE_UNSUPPORTED',
        errorMessage: `Such DICOM objects are not taken in (${outcome.reason})`,
      };
    case 'rejected':
      return {
        name,
        outcome: 'OUTCOME_REJECTED',
        sampleId: outcome.sampleId,
        errorCode: outcome.error.code,
        errorMessage: outcome.error.rawMessage,
      };
  }
}
