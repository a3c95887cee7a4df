// Original file: proto/sulcus/v1/batch.proto

import type { SplitInput as _sulcus_v1_SplitInput, Split as _sulcus_v1_Split } from '../../sulcus/v1/Split.js';
import type { SampleRefInput as _sulcus_v1_SampleRefInput, SampleRef as _sulcus_v1_SampleRef } from '../../sulcus/v1/SampleRef.js';
import type { Long } from '@grpc/proto-loader';

/**
 * The trainer asks for one tensor batch. Preprocess workers share the requests of the BATCH_REQUESTS stream; the number
 * outstanding is the trainer's credit, so nothing unbounded is buffered between them.
 */
export interface BatchRequestInput {
  /**
   * Training run the batch is for.
   */
  'run'?: (string);
  /**
   * Identity of the request, chosen by the trainer. The answer to a request carries the same identity, however often
   * the request is delivered.
   */
  'requestId'?: (string);
  /**
   * Epoch, from 0; for validation: the one that it belongs to.
   */
  'epoch'?: (number);
  /**
   * Position among the trainer's requests since it started: it applies batches in this sequence.
   */
  'sequence'?: (number);
  /**
   * Split the samples are from.
   */
  'split'?: (_sulcus_v1_SplitInput);
  /**
   * The samples, one per row of the batch.
   */
  'samples'?: (_sulcus_v1_SampleRefInput)[];
  /**
   * Transform specification, canonical JSON (see libs/imaging): the run's, or that of the champion a candidate is
   * compared with.
   */
  'transformJson'?: (string);
  /**
   * SHA-256 of transform_json, lower-case hexadecimal.
   */
  'transformHash'?: (string);
  /**
   * Whether the random transforms apply (train) or the deterministic ones (validation, gate, test).
   */
  'augment'?: (boolean);
  /**
   * Seed of the run: with epoch and sample id it determines every augmentation.
   */
  'seed'?: (number | string | Long);
}

/**
 * The trainer asks for one tensor batch. Preprocess workers share the requests of the BATCH_REQUESTS stream; the number
 * outstanding is the trainer's credit, so nothing unbounded is buffered between them.
 */
export interface BatchRequest {
  /**
   * Training run the batch is for.
   */
  'run': (string);
  /**
   * Identity of the request, chosen by the trainer. The answer to a request carries the same identity, however often
   * the request is delivered.
   */
  'requestId': (string);
  /**
   * Epoch, from 0; for validation: the one that it belongs to.
   */
  'epoch': (number);
  /**
   * Position among the trainer's requests since it started: it applies batches in this sequence.
   */
  'sequence': (number);
  /**
   * Split the samples are from.
   */
  'split': (_sulcus_v1_Split);
  /**
   * The samples, one per row of the batch.
   */
  'samples': (_sulcus_v1_SampleRef)[];
  /**
   * Transform specification, canonical JSON (see libs/imaging): the run's, or that of the champion a candidate is
   * compared with.
   */
  'transformJson': (string);
  /**
   * SHA-256 of transform_json, lower-case hexadecimal.
   */
  'transformHash': (string);
  /**
   * Whether the random transforms apply (train) or the deterministic ones (validation, gate, test).
   */
  'augment': (boolean);
  /**
   * Seed of the run: with epoch and sample id it determines every augmentation.
   */
  'seed': (number);
}
