import type { Registry } from '#libs/registry';
import type { PredictorConfig } from '../../config.js';
import type { ModelResolver } from '../../servables/model-resolver.js';
import type { VersionCache } from '../../servables/version-cache.js';
import type { ServingContext } from '../../serving/context.js';

/** What answering the Open Inference Protocol needs. */
export interface InferenceContext extends ServingContext {
  resolver: ModelResolver;
  versions: VersionCache;
  registry: Pick<Registry, 'list' | 'alias'>;
  config: Pick<
    PredictorConfig,
    'alias' | 'maxBatchSize' | 'preferredBatchSizes' | 'maxDelayMs' | 'queueTimeoutMs' | 'maxRequests'
  >;
  /** Version of the server's software. */
  serverVersion: string;
}
