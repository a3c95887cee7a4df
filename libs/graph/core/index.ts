export { Graph } from './graph.js';
export { Variable } from './variable.js';
export {
  attr,
  isFloating,
  type Attr,
  type Attrs,
  type DType,
  type GraphNode,
  type Operation,
  type OpOptions,
  type Shape,
  type Tensor,
  type TensorData,
  type TensorSpec,
} from './types.js';
export { BYTES_PER_ELEMENT, bytesOf, elementCount, encodeTensor, toBfloat16Bits, type NumericData } from './data.js';
export { describe, describeShape, graphError } from './errors.js';
export { createOpTable } from './op-table.js';
