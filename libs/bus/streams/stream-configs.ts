import { nanos } from '@nats-io/nats-core';
import type { StreamConfig } from '@nats-io/jetstream';
import { DEFAULT_LIMITS, DEFAULT_MAX_BYTES, type TopologyLimits } from './limits.js';
import { allSubjects, STREAM_NAMES, type StreamName } from '../topology.js';

/** Largest message of streams whose messages are small by nature; the others take what the broker takes. */
const SMALL_MESSAGE_BYTES = 1_000_000;

const SMALL_MESSAGES: ReadonlySet<StreamName> = new Set([
  'LABELS',
  'BATCH_REQUESTS',
  'MODELS',
  'DECISIONS',
  'LINEAGE',
  'EVENTS',
  'PREDICTIONS',
]);
const WORK_QUEUES: ReadonlySet<StreamName> = new Set(['BATCH_REQUESTS', 'BATCHES']);
/**
 * Only what people look back at may be overwritten by newer messages, since it must not stop those who serve;
 * everything else slows its sender when full.
 */
const DISCARD_OLD: ReadonlySet<StreamName> = new Set(['EVENTS', 'DEAD', 'PREDICTIONS', 'PREDICTION_INPUTS']);
/**
 * Nothing can be taken out of these by hand: records of predictions go by age and size alone, decisions and lineage
 * stay.
 */
const APPEND_ONLY: ReadonlySet<StreamName> = new Set(['PREDICTIONS', 'DECISIONS', 'LINEAGE']);

/** Whether the broker refuses to delete from a stream, whoever asks. */
export const isAppendOnly = (stream: StreamName): boolean => APPEND_ONLY.has(stream);

/** The limit that says how long a stream keeps its messages; the others keep them until they are full. */
const AGES: Partial<Record<StreamName, AgeLimit>> = {
  EVENTS: 'eventAgeMs',
  DEAD: 'deadLetterAgeMs',
  PREDICTIONS: 'predictionAgeMs',
  PREDICTION_INPUTS: 'predictionAgeMs',
};

type AgeLimit = 'eventAgeMs' | 'deadLetterAgeMs' | 'predictionAgeMs';

/** The limit of {@link TopologyLimits} that a stream's age comes from. */
export const ageLimitOf = (stream: StreamName): AgeLimit | undefined => AGES[stream];

/** Bytes of the largest message that a stream can hold: what an outstanding pull may bring. */
export function largestMessageBytes(stream: StreamName, maxPayloadBytes: number): number {
  return SMALL_MESSAGES.has(stream) ? Math.min(SMALL_MESSAGE_BYTES, maxPayloadBytes) : maxPayloadBytes;
}

export type OurStreamConfig = Pick<
  StreamConfig,
  | 'name'
  | 'subjects'
  | 'retention'
  | 'discard'
  | 'storage'
  | 'max_bytes'
  | 'max_age'
  | 'max_msg_size'
  | 'duplicate_window'
  | 'num_replicas'
  | 'allow_direct'
  | 'max_msgs'
  | 'deny_delete'
  | 'deny_purge'
>;

/**
 * The configuration of every stream. One limit per stream: two of them with discard "new" have lost messages
 * (nats-server #4771).
 */
export function streamConfigs(limits: Partial<TopologyLimits>): OurStreamConfig[] {
  const filled = { ...DEFAULT_LIMITS, ...limits };
  return STREAM_NAMES.map((stream) => {
    const ageLimit = ageLimitOf(stream);
    const ageMs = ageLimit === undefined ? 0 : filled[ageLimit];
    return {
      name: stream,
      subjects: [allSubjects(stream)],
      retention: WORK_QUEUES.has(stream) ? 'workqueue' : 'limits',
      discard: DISCARD_OLD.has(stream) ? 'old' : 'new',
      storage: 'file',
      max_bytes: limits.maxBytes?.[stream] ?? DEFAULT_MAX_BYTES[stream],
      max_msgs: -1,
      max_age: nanos(ageMs),
      max_msg_size: SMALL_MESSAGES.has(stream) ? SMALL_MESSAGE_BYTES : -1,
      duplicate_window: nanos(ageMs === 0 ? filled.duplicateWindowMs : Math.min(filled.duplicateWindowMs, ageMs)),
      num_replicas: filled.replicas,
      allow_direct: true,
      deny_delete: APPEND_ONLY.has(stream),
      deny_purge: APPEND_ONLY.has(stream),
    };
  });
}
