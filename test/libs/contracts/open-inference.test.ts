import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describedDefinition, packageDefinition } from '#libs/contracts';

/**
 * Numbers of the wire, read from the published files: kserve/open-inference-protocol open_inference_grpc.proto,
 * triton-inference-server/common grpc_service.proto and model_config.proto. A field that is not listed is not ours.
 */
const PUBLISHED: Record<string, string> = {
  ServerLiveResponse: 'live=1',
  ServerReadyResponse: 'ready=1',
  ModelReadyRequest: 'name=1 version=2',
  ModelReadyResponse: 'ready=1',
  ServerMetadataResponse: 'name=1 version=2 extensions=3',
  ModelMetadataRequest: 'name=1 version=2',
  ModelMetadataResponse: 'name=1 versions=2 platform=3 inputs=4 outputs=5',
  'ModelMetadataResponse.TensorMetadata': 'name=1 datatype=2 shape=3',
  InferParameter: 'bool_param=1 int64_param=2 string_param=3 double_param=4 uint64_param=5',
  InferTensorContents:
    'bool_contents=1 int_contents=2 int64_contents=3 uint_contents=4 uint64_contents=5 ' +
    'fp32_contents=6 fp64_contents=7 bytes_contents=8',
  ModelInferRequest: 'model_name=1 model_version=2 id=3 parameters=4 inputs=5 outputs=6 raw_input_contents=7',
  'ModelInferRequest.InferInputTensor': 'name=1 datatype=2 shape=3 parameters=4 contents=5',
  'ModelInferRequest.InferRequestedOutputTensor': 'name=1 parameters=2',
  ModelInferResponse: 'model_name=1 model_version=2 id=3 parameters=4 outputs=5 raw_output_contents=6',
  'ModelInferResponse.InferOutputTensor': 'name=1 datatype=2 shape=3 parameters=4 contents=5',
  ModelStreamInferResponse: 'error_message=1 infer_response=2',
  ModelConfigRequest: 'name=1 version=2',
  ModelConfigResponse: 'config=1',
  ModelStatisticsRequest: 'name=1 version=2',
  StatisticDuration: 'count=1 ns=2',
  InferStatistics: 'success=1 fail=2 queue=3 compute_input=4 compute_infer=5 compute_output=6 cache_hit=7 cache_miss=8',
  InferBatchStatistics: 'batch_size=1 compute_input=2 compute_infer=3 compute_output=4',
  ModelStatistics:
    'name=1 version=2 last_inference=3 inference_count=4 execution_count=5 inference_stats=6 batch_stats=7',
  ModelStatisticsResponse: 'model_stats=1',
  ModelRepositoryParameter: 'bool_param=1 int64_param=2 string_param=3 bytes_param=4',
  RepositoryIndexRequest: 'repository_name=1 ready=2',
  RepositoryIndexResponse: 'models=1',
  'RepositoryIndexResponse.ModelIndex': 'name=1 version=2 state=3 reason=4',
  RepositoryModelLoadRequest: 'repository_name=1 model_name=2 parameters=3',
  RepositoryModelUnloadRequest: 'repository_name=1 model_name=2 parameters=3',
  ModelConfig:
    'name=1 platform=2 version_policy=3 max_batch_size=4 input=5 output=6 instance_group=7 dynamic_batching=11 ' +
    'parameters=14 backend=17 model_transaction_policy=19',
  ModelInput: 'name=1 data_type=2 format=3 dims=4 optional=8',
  ModelOutput: 'name=1 data_type=2 dims=3',
  ModelVersionPolicy: 'latest=1 all=2 specific=3',
  'ModelVersionPolicy.Latest': 'num_versions=1',
  'ModelVersionPolicy.Specific': 'versions=1',
  ModelInstanceGroup: 'name=1 count=2 kind=4',
  ModelQueuePolicy: 'timeout_action=1 default_timeout_microseconds=2 allow_timeout_override=3 max_queue_size=4',
  ModelDynamicBatching:
    'preferred_batch_size=1 max_queue_delay_microseconds=2 preserve_ordering=3 priority_levels=4 ' +
    'default_priority_level=5 default_queue_policy=6 priority_queue_policy=7',
  ModelParameter: 'string_value=1',
  ModelTransactionPolicy: 'decoupled=1',
};
/** Kinds of fields by number, where a wrong one would still decode in part: Google's FieldDescriptorProto.Type. */
const TYPES: Record<string, string> = {
  'ModelInferRequest.InferInputTensor.shape': 'TYPE_INT64',
  'ModelInferRequest.raw_input_contents': 'TYPE_BYTES',
  'ModelInferResponse.raw_output_contents': 'TYPE_BYTES',
  'InferTensorContents.uint_contents': 'TYPE_UINT32',
  'InferTensorContents.fp32_contents': 'TYPE_FLOAT',
  'StatisticDuration.ns': 'TYPE_UINT64',
  'ModelConfig.max_batch_size': 'TYPE_INT32',
  'ModelDynamicBatching.max_queue_delay_microseconds': 'TYPE_UINT64',
};
const DATA_TYPES = 'INVALID BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 FP32 FP64 STRING BF16';

interface Definition {
  name: string;
  field: { name: string; number: number; type: string }[];
  value: { name: string; number: number }[];
  nestedType: Definition[];
}

/** A message or enum of the protocol; one inside a message as `Outer.Inner`. */
function definitionOf(name: string): Definition {
  const [outer, inner] = name.split('.');
  const { type } = describedDefinition()[`inference.${outer}`] as unknown as { type: Definition };
  return inner === undefined ? type : type.nestedType.find((nested) => nested.name === inner)!;
}

describe('the Open Inference Protocol', () => {
  it('has the published names and numbers in every message', () => {
    for (const [name, fields] of Object.entries(PUBLISHED)) {
      const ours = definitionOf(name).field.toSorted((left, right) => left.number - right.number);
      assert.equal(ours.map((field) => `${field.name}=${field.number}`).join(' '), fields, name);
    }
    for (const [path, type] of Object.entries(TYPES)) {
      const [, message, field] = /^(.*)\.([^.]*)$/.exec(path)!;
      assert.equal(definitionOf(message!).field.find(({ name }) => name === field)?.type, type, path);
    }
  });

  it('has the published numbers of datatypes', () => {
    assert.deepEqual(
      definitionOf('DataType').value.map(({ name, number }) => [name, number]),
      DATA_TYPES.split(' ').map((name, number) => [`TYPE_${name}`, number]),
    );
  });

  it('has the published calls, one of them a stream', () => {
    const calls = packageDefinition()['inference.GRPCInferenceService'] as Record<
      string,
      { path: string; requestStream: boolean; responseStream: boolean }
    >;
    assert.deepEqual(
      Object.values(calls)
        .filter(({ requestStream, responseStream }) => requestStream || responseStream)
        .map(({ path }) => path),
      ['/inference.GRPCInferenceService/ModelStreamInfer'],
    );
    for (const call of [
      'ServerLive',
      'ServerReady',
      'ModelReady',
      'ServerMetadata',
      'ModelMetadata',
      'ModelInfer',
      'ModelConfig',
      'ModelStatistics',
      'RepositoryIndex',
      'RepositoryModelLoad',
      'RepositoryModelUnload',
    ]) {
      assert.equal(calls[call]?.path, `/inference.GRPCInferenceService/${call}`);
    }
  });
});
