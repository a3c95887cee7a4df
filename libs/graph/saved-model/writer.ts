import protobuf from 'protobufjs/minimal.js';
import { graphError, type Attr, type DType, type GraphNode, type Shape, type Tensor } from '../core/index.js';

/** TensorFlow's DataType enum (tensorflow/core/framework/types.proto). */
export const DATA_TYPE: Readonly<Record<DType, number>> = {
  float32: 1,
  int32: 3,
  uint8: 4,
  int16: 5,
  string: 7,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  resource: 20,
};

/** The tag that names our one meta graph. */
export const SAVED_MODEL_TAG = 'serve';

/** GraphDef producer version: decides which op semantics apply. That of TensorFlow 2.16, our floor. */
const PRODUCER_VERSION = 1766;

const tag = (field: number, wireType: 0 | 1 | 2 | 5): number => (field << 3) | wireType;

type Write = (writer: protobuf.Writer) => void;

const message = (writer: protobuf.Writer, field: number, write: Write): void => {
  writer.uint32(tag(field, 2)).fork();
  write(writer);
  writer.ldelim();
};
const text = (writer: protobuf.Writer, field: number, value: string): protobuf.Writer =>
  writer.uint32(tag(field, 2)).string(value);

/** TensorShapeProto (tensor_shape.proto). */
const shape =
  (value: Shape): Write =>
  (writer) =>
    value.forEach((size) => message(writer, 2, (dimension) => dimension.uint32(tag(1, 0)).int64(size)));

/** AttrValue (attr_value.proto). */
function attrValue(writer: protobuf.Writer, attribute: Attr): void {
  switch (attribute.kind) {
    case 'string':
      text(writer, 2, attribute.value);
      return;
    case 'int':
      writer.uint32(tag(3, 0)).int64(attribute.value);
      return;
    case 'float':
      writer.uint32(tag(4, 5)).float(attribute.value);
      return;
    case 'bool':
      writer.uint32(tag(5, 0)).bool(attribute.value);
      return;
    case 'type':
      writer.uint32(tag(6, 0)).int32(DATA_TYPE[attribute.value]);
      return;
    case 'shape':
      message(writer, 7, shape(attribute.value));
      return;
    case 'tensor':
      message(writer, 8, (tensor) => {
        tensor.uint32(tag(1, 0)).int32(DATA_TYPE[attribute.value.dtype]);
        message(tensor, 2, shape(attribute.value.shape));
        tensor.uint32(tag(4, 2)).bytes(attribute.value.bytes);
      });
      return;
    case 'ints':
      message(writer, 1, (list) =>
        message(list, 3, (packed) => attribute.value.forEach((value) => packed.int64(value))),
      );
      return;
    case 'types':
      message(writer, 1, (list) =>
        message(list, 6, (packed) => attribute.value.forEach((value) => packed.int32(DATA_TYPE[value]))),
      );
      return;
    case 'strings':
      message(writer, 1, (list) => attribute.value.forEach((value) => text(list, 2, value)));
      return;
  }
}

/** NodeDef (node_def.proto). */
const nodeDef =
  (node: GraphNode): Write =>
  (writer) => {
    text(writer, 1, node.name);
    text(writer, 2, node.type);
    node.inputs.forEach((input) => text(writer, 3, input.output === 0 ? input.node : `${input.node}:${input.output}`));
    node.controlInputs.forEach((name) => text(writer, 3, `^${name}`));
    if (node.device !== undefined) text(writer, 4, node.device);
    for (const [name, attribute] of Object.entries(node.attrs)) {
      message(writer, 5, (entry) => {
        text(entry, 1, name);
        message(entry, 2, (value) => attrValue(value, attribute));
      });
    }
  };

/** What a program other than ours is told of a graph: which values to feed and fetch, by name. */
export interface Signature {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** How serving programs know a signature that predicts. */
const PREDICT_METHOD = 'tensorflow/serving/predict';

/** TensorInfo by name (meta_graph.proto). */
const tensorInfos = (writer: protobuf.Writer, field: number, tensors: Readonly<Record<string, Tensor>>): void => {
  for (const [name, tensor] of Object.entries(tensors)) {
    message(writer, field, (entry) => {
      text(entry, 1, name);
      message(entry, 2, (info) => {
        text(info, 1, `${tensor.node}:${tensor.output}`);
        info.uint32(tag(2, 0)).int32(DATA_TYPE[tensor.dtype]);
        message(info, 3, shape(tensor.shape));
      });
    });
  }
};

/**
 * Writes nodes as a SavedModel (saved_model.proto) with one meta graph. The engine needs no signatures: its signatures
 * are named beside the graph.
 */
export function encodeSavedModel(
  nodes: readonly GraphNode[],
  signatures: Readonly<Record<string, Signature>> = {},
): Uint8Array {
  if (nodes.length === 0) throw graphError('A program needs at least one node');
  const writer = protobuf.Writer.create();
  writer.uint32(tag(1, 0)).int64(1);
  message(writer, 2, (metaGraph) => {
    message(metaGraph, 1, (info) => text(info, 4, SAVED_MODEL_TAG));
    message(metaGraph, 2, (graphDef) => {
      nodes.forEach((node) => message(graphDef, 1, nodeDef(node)));
      message(graphDef, 4, (versions) => versions.uint32(tag(1, 0)).int32(PRODUCER_VERSION));
    });
    for (const [name, { inputs, outputs }] of Object.entries(signatures)) {
      message(metaGraph, 5, (entry) => {
        text(entry, 1, name);
        message(entry, 2, (signature) => {
          tensorInfos(signature, 1, inputs);
          tensorInfos(signature, 2, outputs);
          text(signature, 3, PREDICT_METHOD);
        });
      });
    }
  });
  return writer.finish();
}
