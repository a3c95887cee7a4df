import { SulcusError } from '#libs/errors';
import { messages, PROTO_LOADER_OPTIONS } from './definitions.js';
import type { ArchivedSample, ArchivedSampleInput } from './generated/sulcus/v1/ArchivedSample.js';
import type { ArchiveEntry, ArchiveEntryInput } from './generated/sulcus/v1/ArchiveEntry.js';
import type { ArchiveProgress, ArchiveProgressInput } from './generated/sulcus/v1/ArchiveProgress.js';
import type { BatchRequest, BatchRequestInput } from './generated/sulcus/v1/BatchRequest.js';
import type { DeadLetter, DeadLetterInput } from './generated/sulcus/v1/DeadLetter.js';
import type { Decision, DecisionInput } from './generated/sulcus/v1/Decision.js';
import type { ForwardedScan, ForwardedScanInput } from './generated/sulcus/v1/ForwardedScan.js';
import type { LabelEvent, LabelEventInput } from './generated/sulcus/v1/LabelEvent.js';
import type { LineageSegment, LineageSegmentInput } from './generated/sulcus/v1/LineageSegment.js';
import type { ModelEvent, ModelEventInput } from './generated/sulcus/v1/ModelEvent.js';
import type { PipelineEvent, PipelineEventInput } from './generated/sulcus/v1/PipelineEvent.js';
import type { PredictionRecord, PredictionRecordInput } from './generated/sulcus/v1/PredictionRecord.js';
import type { RunRetention, RunRetentionInput } from './generated/sulcus/v1/RunRetention.js';
import type { Scan, ScanInput } from './generated/sulcus/v1/Scan.js';
import type { StudyPrediction, StudyPredictionInput } from './generated/sulcus/v1/StudyPrediction.js';
import type { TensorBatch, TensorBatchInput } from './generated/sulcus/v1/TensorBatch.js';
import { memoize } from './memoize.js';

/** Turns one message type into bytes and back. */
export interface Codec<Input, Output> {
  /** Full name, for example `sulcus.v1.Scan`: it travels as the message's schema header. */
  readonly typeName: string;
  encode(message: Input): Buffer;
  /** Throws MESSAGE_INVALID when the bytes are no such message. `bytes` fields alias the input. */
  decode(bytes: Uint8Array): Output;
}

function codec<Input extends object, Output extends object>(name: string): Codec<Input, Output> {
  const typeName = `sulcus.v1.${name}`;
  const type = memoize(() => messages().lookupType(typeName));
  return {
    typeName,
    encode: (message) => type().encode(type().fromObject(message)).finish() as Buffer,
    decode: (bytes) => {
      try {
        const message = type().decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
        return type().toObject(message, PROTO_LOADER_OPTIONS) as Output;
      } catch (error) {
        throw new SulcusError('MESSAGE_INVALID', `The bytes are no ${typeName} message`, { cause: error });
      }
    },
  };
}

/** Codecs of every message that travels on the bus, lies in its buckets, in the archive or in an edge's spool. */
export const codecs = {
  Scan: codec<ScanInput, Scan>('Scan'),
  ForwardedScan: codec<ForwardedScanInput, ForwardedScan>('ForwardedScan'),
  LabelEvent: codec<LabelEventInput, LabelEvent>('LabelEvent'),
  BatchRequest: codec<BatchRequestInput, BatchRequest>('BatchRequest'),
  TensorBatch: codec<TensorBatchInput, TensorBatch>('TensorBatch'),
  ModelEvent: codec<ModelEventInput, ModelEvent>('ModelEvent'),
  PipelineEvent: codec<PipelineEventInput, PipelineEvent>('PipelineEvent'),
  StudyPrediction: codec<StudyPredictionInput, StudyPrediction>('StudyPrediction'),
  DeadLetter: codec<DeadLetterInput, DeadLetter>('DeadLetter'),
  PredictionRecord: codec<PredictionRecordInput, PredictionRecord>('PredictionRecord'),
  ArchivedSample: codec<ArchivedSampleInput, ArchivedSample>('ArchivedSample'),
  ArchiveEntry: codec<ArchiveEntryInput, ArchiveEntry>('ArchiveEntry'),
  ArchiveProgress: codec<ArchiveProgressInput, ArchiveProgress>('ArchiveProgress'),
  RunRetention: codec<RunRetentionInput, RunRetention>('RunRetention'),
  Decision: codec<DecisionInput, Decision>('Decision'),
  LineageSegment: codec<LineageSegmentInput, LineageSegment>('LineageSegment'),
};

export type MessageName = keyof typeof codecs;
