/**
 * TensorFlow's graphs in TypeScript: build one, differentiate it, rewrite it for a device, serialise it. Runs nothing.
 */
export {
  Graph,
  Variable,
  attr,
  bytesOf,
  createOpTable,
  BYTES_PER_ELEMENT,
  describe,
  describeShape,
  elementCount,
  isFloating,
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
} from './core/index.js';
export * from './ops/index.js';
export { windowedSize } from './ops/shapes.js';
export { differentiableOps, gradients } from './gradients/index.js';
export { constantInts, intsAttr } from './gradients/support.js';
export { type Program, type Signature, type ValueType } from './program/program.js';
export {
  type LoweredProgram,
  type LoweredSignature,
  type ProgramInterface,
  type SerializedProgram,
  type TensorInfo,
} from './program/lowered-program.js';
export { dataOf, type TensorValue, type ValueData } from './program/value.js';
export { freezeForInference } from './passes/inference/optimise.js';
export { type FrozenValues } from './passes/inference/freeze.js';
export { lowerProgram } from './passes/lowering/lower-program.js';
export { serializeProgram, type SerializeOptions } from './saved-model/serialize.js';
export { encodeServingModel } from './saved-model/serving-model.js';
export { DATA_TYPE, SAVED_MODEL_TAG } from './saved-model/writer.js';
