/** Networks: layers, zoo, optimizers, training and inference on an engine, recipes, weights as files. */
export { assertNetworkConfig, type NetworkConfig, type Precision } from './network-config.js';
export { HEADS, type Head } from './head.js';
export { type TrainingConfig } from './training-config.js';
export { namedDevices, type Sharding } from './programs/sharding.js';
export { getModel, listModels, registerModel, type ModelDefinition } from './models/index.js';
export { type Initialisation, type ParameterInfo, type ParameterLayout } from './layers/parameter.js';
export { countTrainable, initialState, listParameters } from './initial-state.js';
export { estimateTrainingMemory, type TrainingMemory } from './training-memory.js';
export { summariseNetwork, type LayerSummary, type NetworkSummary } from './summary.js';

export {
  LearningRateSchedule,
  scheduleSchema,
  type ScheduleConfig,
  type ScheduleRecord,
} from './schedules/schedule.js';
export { optimizerSchema, type OptimizerConfig } from './optimizers/index.js';
export { buildTrainingProgram } from './programs/training-program.js';
export { buildInferenceProgram, type InferenceOptions } from './programs/inference-program.js';
export { type ExplanationInfo, type ExplanationMethod } from './explanations/class-activation.js';
export { type FeatureGrid } from './explanations/feature-grid.js';
export { type NetworkProgram } from './programs/network-program.js';

export { TrainingSession } from './sessions/training-session.js';
export { STEP_COUNTER, type SessionState, type TrainingState } from './sessions/training-state.js';
export { type EvaluationResult, type TrainingBatch, type TrainStepResult } from './sessions/training-step.js';
export { InferenceSession } from './sessions/inference-session.js';
export { type LabelledBatch } from './sessions/batch.js';

export { growClasses } from './state/grow-classes.js';
export { type NetworkState, type StateSpec, type StateTensor } from './state/network-state.js';
export { assertWrittenFor, importWeights, type ImportReport } from './weights/import-weights.js';
export { readKerasLayers, type KerasLayer } from './weights/keras/hdf5-file.js';
export { translateKeras, type ChannelOrder } from './weights/keras/translate.js';
export { encodeSavedModel } from './saved-model.js';
export { decodeSafetensors, encodeSafetensors, type SafetensorsMetadata } from './state/safetensors.js';

export { runSelfCheck, type SelfCheckResult } from './self-check/self-check.js';

export {
  parseRecipe,
  recipeJsonSchema,
  resolvePrecision,
  wholeRecipe,
  type Recipe,
  type SettledRecipe,
} from './recipes/recipe.js';
export { getRecipe, listRecipes, recipes } from './recipes/named.js';
export { streamSettings, type StreamSettings } from './recipes/stream-settings.js';
