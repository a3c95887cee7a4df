import { bytes, duration, integer, optional, parseEnvironment } from '#libs/config';
import type { StreamName } from '../topology.js';

/**
 * Sizes of the streams. A stream's size is reserved by the broker when it is created, so the sum must fit its disk.
 * A size that is not given leaves an existing stream as it is.
 */
export interface TopologyLimits {
  /**
   * Most bytes a stream holds. A full stream of images, batches or blobs refuses more (BACKPRESSURE); one of events,
   * dead letters or predictions drops its oldest.
   */
  maxBytes: Partial<Record<StreamName, number>>;
  /** How long operators' events are kept. */
  eventAgeMs: number;
  /** How long dead letters are kept. */
  deadLetterAgeMs: number;
  /** How long records of predictions are kept. */
  predictionAgeMs: number;
  /** Within this time the broker recognises a repeated message id. Scans need none: their subject is their identity. */
  duplicateWindowMs: number;
  /** Copies of each stream in a NATS cluster; 1 on a single server. */
  replicas: number;
}

const MB = 1e6;
const GB = 1e9;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Sizes for one machine with a few tens of gigabytes to spare. BATCHES is small on purpose: it is a buffer, not a
 * store.
 */
export const DEFAULT_MAX_BYTES = {
  SCANS: 8 * GB,
  LABELS: 128 * MB,
  BATCH_REQUESTS: 64 * MB,
  BATCHES: 512 * MB,
  MODELS: 64 * MB,
  DECISIONS: 64 * MB,
  LINEAGE: 128 * MB,
  STUDIES: 256 * MB,
  EVENTS: 128 * MB,
  DEAD: 512 * MB,
  PREDICTIONS: 512 * MB,
  BLOBS: 8 * GB,
  PREDICTION_INPUTS: 1 * GB,
} as const satisfies Record<StreamName, number>;

export const DEFAULT_LIMITS = {
  eventAgeMs: 3 * DAY_MS,
  deadLetterAgeMs: 7 * DAY_MS,
  predictionAgeMs: 365 * DAY_MS,
  duplicateWindowMs: 30 * MINUTE_MS,
  replicas: 1,
} as const;

// What is shown as default is what a new stream gets.

const size = (stream: StreamName) => {
  const count = DEFAULT_MAX_BYTES[stream];
  const defaultText = count >= GB ? `${count / GB}GB` : `${count / MB}MB`;
  return optional(bytes({ description: `largest size of the ${stream} stream`, defaultText }));
};

const age = (limit: 'eventAgeMs' | 'deadLetterAgeMs' | 'predictionAgeMs', description: string) =>
  optional(duration({ description, defaultText: `${DEFAULT_LIMITS[limit] / DAY_MS}d` }));

/** Sizes and ages of the streams; one that is not set leaves an existing stream as it is. */
export const limitsEnvironment = {
  SCANS: ['SULCUS_STREAM_SCANS_BYTES', size('SCANS')],
  LABELS: ['SULCUS_STREAM_LABELS_BYTES', size('LABELS')],
  BATCH_REQUESTS: ['SULCUS_STREAM_BATCH_REQUESTS_BYTES', size('BATCH_REQUESTS')],
  BATCHES: ['SULCUS_STREAM_BATCHES_BYTES', size('BATCHES')],
  MODELS: ['SULCUS_STREAM_MODELS_BYTES', size('MODELS')],
  DECISIONS: ['SULCUS_STREAM_DECISIONS_BYTES', size('DECISIONS')],
  LINEAGE: ['SULCUS_STREAM_LINEAGE_BYTES', size('LINEAGE')],
  STUDIES: ['SULCUS_STREAM_STUDIES_BYTES', size('STUDIES')],
  EVENTS: ['SULCUS_STREAM_EVENTS_BYTES', size('EVENTS')],
  DEAD: ['SULCUS_STREAM_DEAD_BYTES', size('DEAD')],
  PREDICTIONS: ['SULCUS_STREAM_PREDICTIONS_BYTES', size('PREDICTIONS')],
  BLOBS: ['SULCUS_STREAM_BLOBS_BYTES', size('BLOBS')],
  PREDICTION_INPUTS: ['SULCUS_STREAM_PREDICTION_INPUTS_BYTES', size('PREDICTION_INPUTS')],
  eventAgeMs: ['SULCUS_STREAM_EVENTS_AGE', age('eventAgeMs', 'how long events are kept')],
  deadLetterAgeMs: ['SULCUS_STREAM_DEAD_AGE', age('deadLetterAgeMs', 'how long dead letters are kept')],
  predictionAgeMs: [
    'SULCUS_STREAM_PREDICTIONS_AGE',
    age('predictionAgeMs', 'how long records of predictions are kept'),
  ],
  duplicateWindowMs: [
    'SULCUS_STREAM_DUPLICATE_WINDOW',
    optional(
      duration({
        description: 'how long message ids are remembered',
        defaultText: `${DEFAULT_LIMITS.duplicateWindowMs / MINUTE_MS}m`,
      }),
    ),
  ],
  replicas: [
    'SULCUS_STREAM_REPLICAS',
    optional(
      integer({
        min: 1,
        max: 5,
        description: 'copies of each stream in a cluster',
        defaultText: String(DEFAULT_LIMITS.replicas),
      }),
    ),
  ],
} as const;

/**
 * Limits from the environment.
 *
 * @throws INVALID_CONFIG naming every mistake
 */
export function limitsFromEnvironment(environment: NodeJS.ProcessEnv = process.env): Partial<TopologyLimits> {
  const parsed = parseEnvironment(limitsEnvironment, environment);
  const { eventAgeMs, deadLetterAgeMs, predictionAgeMs, duplicateWindowMs, replicas, ...sizes } = parsed;
  const given = (values: Record<string, number | undefined>) =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  return {
    ...given({ eventAgeMs, deadLetterAgeMs, predictionAgeMs, duplicateWindowMs, replicas }),
    maxBytes: given(sizes),
  };
}
