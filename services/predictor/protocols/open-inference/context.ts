import type { Registry } from '#libs/registry';
import type { Admission } from '../../serving/admission.js';
import type { PredictorConfig } from '../../config.js';
import type { ModelDirectory } from '../../servables/model-resolver.js';
import type { VersionCache } from '../../servables/version-cache.js';
import type { PredictionContext } from '../../serving/prediction.js';

/** What answering the Open Inference Protocol needs. */
export interface InferenceContext extends PredictionContext {
  directory: ModelDirectory;
  versions: VersionCache;
  registry: Pick<Registry, 'list' | 'alias'>;
  admission: Admission;
  config: Pick<
    PredictorConfig,
    'alias' | 'maxBatchSize' | 'preferredBatchSizes' | 'maxDelayMs' | 'queueTimeoutMs' | 'maxRequests'
  >;
  /** Version of the server's software. */
  serverVersion: string;
}
