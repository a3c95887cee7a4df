/** TensorFlow from TypeScript: build a graph, differentiate it, run it in a child process; without TensorFlow, more slowly, in WebAssembly. */
export {
  Graph,
  Variable,
  attr,
  isFloating,
  elementCount,
  type Attr,
  type Attrs,
  type DType,
  type GraphNode,
  type NumericData,
  type Operation,
  type OpOptions,
  type Shape,
  type Tensor,
  type TensorSpec,
} from './graph/index.js';
export * from './ops/index.js';
export { differentiableOps, gradients } from './gradients/index.js';
export { constantInts, intsAttr } from './gradients/support.js';
export {
  type EntryPoint,
  type Port,
  type Program,
  type SerializedEntryPoint,
  type SerializedProgram,
  type ValueType,
} from './program/program.js';
export { serializeProgram, type SerializeOptions } from './program/serialize.js';
export { encodeServingModel } from './program/serving-model.js';
export { freezeForInference } from './program/inference/optimise.js';
export { type FrozenValues } from './program/inference/freeze.js';
export type { Engine, EngineOptions, LoadedProgram } from './process/engine.js';
export { describeEngine, engineEnvironment, startEngine } from './process/start.js';
export type { EngineInfo, EngineKind } from './process/protocol.js';
export { collectGarbage } from './process/garbage.js';
export { listGpus, pinnedGpu, type Gpu } from './process/gpus.js';
export { dataOf, type TensorValue, type ValueData } from './program/value.js';
