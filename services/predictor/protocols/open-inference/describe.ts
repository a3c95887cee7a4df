import type { ModelConfigInput, ModelMetadataResponseInput } from '#libs/contracts';
import type { ModelCard } from '#libs/registry';
import { DEFAULT_PRIORITY, PRIORITY_LEVELS } from '../../serving/priority.js';
import type { InferenceContext } from './context.js';
import { INPUT, INPUT_DATATYPES, OUTPUT, pixelShape } from './tensors.js';

/** Software that networks run on, as metadata name it. */
const PLATFORM = 'tensorflow';
const BACKEND = 'sulcus';

/** What a version takes and gives. The input is shown as pixels; encoded images and floats go by the same name. */
export function modelMetadata(name: string, card: ModelCard): ModelMetadataResponseInput {
  return {
    name,
    versions: [card.version],
    platform: PLATFORM,
    inputs: [{ name: INPUT, datatype: INPUT_DATATYPES[0], shape: [-1, ...pixelShape(card)] }],
    outputs: [{ name: OUTPUT, datatype: 'FP32', shape: [-1, card.classes.length] }],
  };
}

/** How a version is served; agrees with {@link modelMetadata}. */
export function modelConfig(name: string, card: ModelCard, config: InferenceContext['config']): ModelConfigInput {
  return {
    name,
    platform: PLATFORM,
    backend: BACKEND,
    versionPolicy: { latest: { numVersions: 1 } },
    maxBatchSize: config.maxBatchSize,
    input: [{ name: INPUT, dataType: 'TYPE_UINT8', format: 'FORMAT_NHWC', dims: pixelShape(card) }],
    output: [{ name: OUTPUT, dataType: 'TYPE_FP32', dims: [card.classes.length] }],
    instanceGroup: [{ name, count: 1, kind: 'KIND_MODEL' }],
    dynamicBatching: {
      preferredBatchSize: [...new Set([...config.preferredBatchSizes, config.maxBatchSize])],
      maxQueueDelayMicroseconds: Math.round(config.maxDelayMs * 1000),
      priorityLevels: PRIORITY_LEVELS,
      defaultPriorityLevel: DEFAULT_PRIORITY,
      defaultQueuePolicy: {
        defaultTimeoutMicroseconds: Math.round((config.queueTimeoutMs ?? 0) * 1000),
        allowTimeoutOverride: true,
        maxQueueSize: config.maxRequests,
      },
    },
    modelTransactionPolicy: { decoupled: false },
    parameters: {
      input_datatypes: { stringValue: INPUT_DATATYPES.join(',') },
      classes: { stringValue: JSON.stringify(card.classes) },
      architecture: { stringValue: card.architecture },
      model_hash: { stringValue: card.weightsHash },
      transform_hash: { stringValue: card.transformHash },
      temperature: { stringValue: String(card.calibration?.temperature ?? 1) },
    },
  };
}
