import { SulcusError } from '#libs/errors';
import type { Handlers } from '#libs/rpc';
import type { InferenceContext } from './context.js';
import { modelConfig, modelMetadata } from './describe.js';
import { modelInferHandler, modelStreamInferHandler } from './infer.js';
import { modelStatisticsHandler } from './model-statistics.js';
import { repositoryHandlers } from './repository.js';

/** Names of the extensions that are served, as Triton calls them. */
const EXTENSIONS = [
  'binary_tensor_data',
  'classification',
  'model_configuration',
  'model_repository',
  'parameters',
  'statistics',
];

/**
 * `inference.GRPCInferenceService`: the Open Inference Protocol v2 in front of the same versions, admission and batches
 * as `sulcus.v1.Predictor`.
 *
 * @param options `window`: requests of one stream that are worked on at a time
 */
export function inferenceHandlers(context: InferenceContext, { window }: { window: number }): Handlers<'Inference'> {
  const { resolver, live, config, serverVersion } = context;
  return {
    serverLive: async () => ({ live: true }),
    serverReady: async () => ({ ready: live.serving !== undefined }),
    modelReady: async (address, { signal }) => ({ ready: await unlessMissing(resolver.isReady(address, signal)) }),
    serverMetadata: async () => ({ name: 'sulcus', version: serverVersion, extensions: EXTENSIONS }),
    modelMetadata: async (address, { signal }) => {
      const card = await resolver.find(address, signal);
      return modelMetadata(resolver.nameOf(card), card);
    },
    modelConfig: async (address, { signal }) => {
      const card = await resolver.find(address, signal);
      return { config: modelConfig(resolver.nameOf(card), card, config) };
    },
    modelInfer: modelInferHandler(context),
    modelStreamInfer: modelStreamInferHandler(context, window),
    modelStatistics: modelStatisticsHandler(context),
    ...repositoryHandlers(context),
  };
}

/** A model that is not there is not ready, which is an answer and no failure. */
async function unlessMissing(ready: Promise<boolean>): Promise<boolean> {
  try {
    return await ready;
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    if (error.code === 'NOT_FOUND' || error.code === 'MODEL_NOT_READY') return false;
    throw error;
  }
}
