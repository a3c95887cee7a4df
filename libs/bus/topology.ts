import { SulcusError } from '#libs/errors';

/** Every stream of the system. */
export const Streams = {
  SCANS: 'SCANS',
  LABELS: 'LABELS',
  BATCH_REQUESTS: 'BATCH_REQUESTS',
  BATCHES: 'BATCHES',
  MODELS: 'MODELS',
  DECISIONS: 'DECISIONS',
  LINEAGE: 'LINEAGE',
  STUDIES: 'STUDIES',
  EVENTS: 'EVENTS',
  DEAD: 'DEAD',
  PREDICTIONS: 'PREDICTIONS',
  BLOBS: 'BLOBS',
  PREDICTION_INPUTS: 'PREDICTION_INPUTS',
} as const;

export type StreamName = keyof typeof Streams;

export const STREAM_NAMES = Object.keys(Streams) as readonly StreamName[];

/**
 * Key-value buckets: model cards and aliases; pointers to the newest checkpoint of each run; what each run still needs
 * of SCANS; what left SCANS for the archive; what was withdrawn; which studies are complete; which state
 * the broker holds, and places of SCANS and DECISIONS that nothing was ever stored at.
 */
export const BUCKETS = ['models', 'checkpoints', 'retention', 'archive', 'withdrawn', 'studies', 'state'] as const;

export type BucketName = (typeof BUCKETS)[number];

/** First two tokens of a stream's subjects: what a message is, and the version of its schema. */
const PREFIXES = {
  SCANS: 'scan.v1',
  LABELS: 'label.v1',
  BATCH_REQUESTS: 'batch-request.v1',
  BATCHES: 'batch.v1',
  MODELS: 'model.v1',
  DECISIONS: 'decision.v1',
  LINEAGE: 'lineage.v1',
  STUDIES: 'study.v1',
  EVENTS: 'event.v1',
  DEAD: 'dead.v1',
  PREDICTIONS: 'prediction.v1',
  BLOBS: 'blob.v1',
  PREDICTION_INPUTS: 'prediction-input.v1',
} as const satisfies Record<StreamName, string>;

/** Streams that hold content in chunks, named by its hash. */
export type BlobStream = Extract<StreamName, 'BLOBS' | 'PREDICTION_INPUTS'>;

/** What one message of a stream is called, in span names and messages to people. */
export const NOUNS = {
  SCANS: 'scan',
  LABELS: 'label',
  BATCH_REQUESTS: 'batch request',
  BATCHES: 'batch',
  MODELS: 'model event',
  DECISIONS: 'decision',
  LINEAGE: 'lineage segment',
  STUDIES: 'study prediction',
  EVENTS: 'pipeline event',
  DEAD: 'dead letter',
  PREDICTIONS: 'prediction record',
  BLOBS: 'blob chunk',
  PREDICTION_INPUTS: 'prediction input',
} as const satisfies Record<StreamName, string>;

/**
 * A token may not be empty, hold blanks, dots or wildcards: letters, digits, '-', '_' and '=' are safe in subjects and
 * keys.
 */
export function subjectToken(value: string, what: string): string {
  if (!/^[A-Za-z0-9_=-]{1,128}$/.test(value)) {
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `${what} "${value}" cannot stand in a subject: expected 1 to 128 letters, digits, '-', '_' or '='`,
    );
  }
  return value;
}

/** Several tokens joined by dots, such as the owner of blobs. */
function subjectPath(value: string, what: string): string {
  return value
    .split('.')
    .map((token) => subjectToken(token, what))
    .join('.');
}

/** The site in a subject made by `subjects.scan`; empty in any other. */
export const siteOfScan = (subject: string): string =>
  subject.startsWith(`${PREFIXES.SCANS}.`) ? (subject.split('.')[2] ?? '') : '';

/** Builds every subject. General to specific, so that wildcards select wider or narrower. */
export const subjects = {
  /** One subject per sample: the broker itself refuses a second message for the same content. */
  scan: (site: string, sampleId: string): string =>
    `${PREFIXES.SCANS}.${subjectToken(site, 'Site')}.${subjectToken(sampleId, 'Sample id')}`,
  /** Where the scan of a sample is, whichever site sent it. */
  scanOf: (sampleId: string): string => `${PREFIXES.SCANS}.*.${subjectToken(sampleId, 'Sample id')}`,
  label: (site: string): string => `${PREFIXES.LABELS}.${subjectToken(site, 'Site')}`,
  batchRequest: (run: string): string => `${PREFIXES.BATCH_REQUESTS}.${subjectToken(run, 'Run')}`,
  batch: (run: string): string => `${PREFIXES.BATCHES}.${subjectToken(run, 'Run')}`,
  /** `event` is what happened: "published", "promoted", "declined", "rolled-back". */
  model: (event: string): string => `${PREFIXES.MODELS}.${subjectToken(event, 'Model event')}`,
  /** One subject per decision, so that it is recorded once. `kind`: "promoted", …; `scope`: the alias or run. */
  decision: (kind: string, scope: string, key: string): string =>
    [PREFIXES.DECISIONS, ...[kind, scope, key].map((token) => subjectToken(token, 'Part of a decision'))].join('.'),
  decisions: `${PREFIXES.DECISIONS}.>`,
  /** Decisions of a kind about an alias or run. */
  decisionsOn: (kind: string, scope: string): string =>
    [PREFIXES.DECISIONS, ...[kind, scope].map((token) => subjectToken(token, 'Part of a decision')), '*'].join('.'),
  /** One subject per segment. */
  lineage: (run: string, sha256: string): string =>
    [PREFIXES.LINEAGE, subjectToken(run, 'Run'), subjectToken(sha256, 'Hash')].join('.'),
  /** The segments of a run. */
  lineageIn: (run: string): string => `${PREFIXES.LINEAGE}.${subjectToken(run, 'Run')}.*`,
  /** What was predicted of a study; the newest message of the subject is what holds now. */
  study: (studyId: string): string => `${PREFIXES.STUDIES}.${subjectToken(studyId, 'Study')}`,
  event: (service: string): string => `${PREFIXES.EVENTS}.${subjectToken(service, 'Service')}`,
  dead: (service: string): string => `${PREFIXES.DEAD}.${subjectToken(service, 'Service')}`,
  /** One subject per prediction, so that it is recorded once and found by its id. */
  prediction: (run: string, version: string, predictionId: string): string =>
    [
      PREFIXES.PREDICTIONS,
      subjectToken(run, 'Run'),
      subjectToken(version, 'Model version'),
      subjectToken(predictionId, 'Prediction id'),
    ].join('.'),
  /** Where the record of a prediction is, whichever version answered. */
  predictionOf: (predictionId: string): string =>
    `${PREFIXES.PREDICTIONS}.*.*.${subjectToken(predictionId, 'Prediction id')}`,
  /** Predictions of one model version. */
  predictionsBy: (version: string): string => `${PREFIXES.PREDICTIONS}.*.${subjectToken(version, 'Model version')}.*`,
  /** Predictions of every version of a run. */
  predictionsOfRun: (run: string): string => `${PREFIXES.PREDICTIONS}.${subjectToken(run, 'Run')}.>`,
  /** Chunk `index` (from 0) of content; `owner` sets it apart from equal content of others (see libs/bus/blobs). */
  blobChunk: (sha256: string, index: number | '*', owner?: string, stream: BlobStream = 'BLOBS'): string =>
    [
      PREFIXES[stream],
      ...(owner === undefined ? [] : [subjectPath(owner, 'Blob owner')]),
      subjectToken(sha256, 'Hash'),
      index,
    ].join('.'),
  /** Everything an owner keeps. */
  blobsOf: (owner: string): string => `${PREFIXES.BLOBS}.${subjectPath(owner, 'Blob owner')}.>`,
} as const;

/**
 * Owners of blobs that live and die with something else. Content of equal bytes is stored once per owner, so that
 * deleting what one owner keeps never takes it from another. Without the last argument: all of the run.
 */
export const blobOwners = {
  /** Pixels of a batch too large for a message, until the batch is applied. */
  batch: (run: string, requestId?: string): string => ownerPath('batch', run, requestId),
  /** One attempt to save a checkpoint. */
  checkpoint: (run: string, attempt?: string): string => ownerPath('checkpoint', run, attempt),
  /** The version published at a step. */
  model: (run: string, step?: number): string => ownerPath('model', run, step),
} as const;

const ownerPath = (kind: string, run: string, part: string | number | undefined): string =>
  [kind, subjectToken(run, 'Run'), ...(part === undefined ? [] : [subjectToken(String(part), 'Blob owner')])].join('.');

/** All subjects of a stream. */
export const allSubjects = (stream: StreamName): string => `${PREFIXES[stream]}.>`;

/** The stream that stores a subject, or undefined when none does. */
export function streamOf(subject: string): StreamName | undefined {
  return STREAM_NAMES.find((stream) => subject.startsWith(`${PREFIXES[stream]}.`));
}

/** The consumer by which the trainer of a run takes its batches. */
export const trainerConsumer = (run: string): string => `trainer-${run}`;
