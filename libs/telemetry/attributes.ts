/**
 * Names of span attributes, each once. `messaging.*`, `rpc.*` and `error.type` follow OpenTelemetry's semantic
 * conventions (https://opentelemetry.io/docs/specs/semconv/); `sulcus.*` and `nats.*` are ours. Values are never
 * patient or study identities as a site knows them: only pseudonyms and content hashes.
 */
export const attr = {
  // ---- what flows
  /** SHA-256 of the image bytes, lower-case hexadecimal. */
  sampleId: 'sulcus.sample.id',
  site: 'sulcus.site',
  split: 'sulcus.split',
  /** "ingested", "duplicate" or "rejected". */
  outcome: 'sulcus.outcome',
  imageFormat: 'sulcus.image.format',
  imageSizeBytes: 'sulcus.image.size_bytes',

  // ---- training
  run: 'sulcus.run',
  /** Epoch, from 0. */
  epoch: 'sulcus.epoch',
  step: 'sulcus.step',
  batchId: 'sulcus.batch.id',
  /** Position of a batch among the trainer's requests, from 0. */
  batchSequence: 'sulcus.batch.sequence',
  loss: 'sulcus.loss',
  /** Fraction, 0-1. */
  accuracy: 'sulcus.accuracy',

  // ---- serving
  modelVersion: 'sulcus.model.version',
  modelAlias: 'sulcus.model.alias',
  predictionId: 'sulcus.prediction.id',
  predictedClass: 'sulcus.prediction.class',
  /** Fraction, 0-1. */
  probability: 'sulcus.prediction.probability',

  /** Pseudonym. */
  studyId: 'sulcus.study.id',
  sliceCount: 'sulcus.study.slice_count',

  // ---- errors
  errorType: 'error.type',

  // ---- messaging (NATS JetStream)
  messagingSystem: 'messaging.system',
  messagingOperationName: 'messaging.operation.name',
  /** "send", "receive", "process" or "settle". */
  messagingOperationType: 'messaging.operation.type',
  /** Stream. */
  messagingDestinationName: 'messaging.destination.name',
  /** Subject with its variable tokens in braces. */
  messagingDestinationTemplate: 'messaging.destination.template',
  /** Durable consumer. */
  messagingConsumerGroup: 'messaging.consumer.group.name',
  messagingBatchCount: 'messaging.batch.message_count',
  messagingBodySizeBytes: 'messaging.message.body.size',
  messagingMessageId: 'messaging.message.id',
  natsStreamSequence: 'nats.stream.seq',
  natsDeliveryCount: 'nats.delivery_count',

  // ---- gRPC
  rpcSystem: 'rpc.system.name',
  rpcMethod: 'rpc.method',
  rpcStatusCode: 'rpc.response.status_code',
} as const;

export type AttributeName = (typeof attr)[keyof typeof attr];
