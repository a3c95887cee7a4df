import type { BucketName, StreamName } from '../topology.js';

/** What a user of the broker may do; what is not here is refused. */
export interface Grants {
  /** For people. */
  description: string;
  /** Subjects under which it may store messages; `*` and `>` as in NATS. */
  publish: readonly string[];
  /** Streams that it may read: by place, by subject, in order. */
  read: readonly StreamName[];
  /** Consumers whose messages it takes and acknowledges; `*` stands for any name. */
  work: readonly { stream: StreamName; consumer: string }[];
  /** Streams that it may take single messages out of. */
  remove: readonly StreamName[];
  /** Streams that it may take all messages of some subjects out of: the broker cannot tell which. */
  purge: readonly StreamName[];
  readBuckets: readonly BucketName[];
  writeBuckets: readonly BucketName[];
  /** May answer what sites ask for. */
  answersSites?: boolean;
}

/** Services that are part of the core: one user each. */
export const CORE_SERVICES = ['ingest', 'preprocess', 'trainer', 'predictor', 'archiver'] as const;

export type CoreService = (typeof CORE_SERVICES)[number];

/**
 * What each service of the core may do. They make consumers, and who may do that can have the broker copy anything that
 * he has written to any subject: they are trusted with the broker as a whole, and this keeps their mistakes small.
 */
export const CORE_GRANTS: Readonly<Record<CoreService, Grants>> = {
  ingest: {
    description: 'images and labels in, of its own site and of the edges that send to it, which it asks who they are',
    publish: [
      'scan.v1.*.*',
      'label.v1.*',
      '$KV.studies.complete.*.*',
      'blob.v1.*.*',
      'event.v1.ingest',
      'dead.v1.ingest',
    ],
    read: ['SCANS', 'BLOBS'],
    work: [],
    remove: ['SCANS'],
    purge: [],
    readBuckets: ['state', 'archive', 'withdrawn', 'studies'],
    writeBuckets: [],
  },
  preprocess: {
    description: 'scans in, batches out',
    publish: ['batch.v1.*', 'blob.v1.batch.>', 'blob.v1.*.*', 'event.v1.preprocess', 'dead.v1.preprocess'],
    read: ['SCANS', 'BLOBS'],
    work: [{ stream: 'BATCH_REQUESTS', consumer: 'preprocess' }],
    remove: [],
    purge: [],
    readBuckets: ['state', 'archive', 'withdrawn'],
    writeBuckets: [],
  },
  trainer: {
    description: 'batches in, versions out; it deletes the blobs of batches, checkpoints and versions',
    publish: [
      'batch-request.v1.*',
      'model.v1.*',
      'decision.v1.>',
      'lineage.v1.>',
      'blob.v1.checkpoint.>',
      'blob.v1.model.>',
      'blob.v1.*.*',
      'event.v1.trainer',
      'dead.v1.trainer',
    ],
    read: ['SCANS', 'LABELS', 'MODELS', 'DECISIONS', 'LINEAGE', 'BLOBS'],
    work: [{ stream: 'BATCHES', consumer: '*' }],
    remove: [],
    purge: ['BATCHES', 'BLOBS'],
    readBuckets: ['state', 'models', 'checkpoints', 'retention', 'archive', 'withdrawn'],
    writeBuckets: ['models', 'checkpoints', 'retention'],
  },
  predictor: {
    description: 'versions in, predictions and their records out',
    publish: [
      'prediction.v1.>',
      'prediction-input.v1.>',
      'study.v1.*',
      'blob.v1.*.*',
      'event.v1.predictor',
      'dead.v1.predictor',
    ],
    read: ['SCANS', 'MODELS', 'BLOBS', 'PREDICTIONS', 'PREDICTION_INPUTS', 'STUDIES'],
    work: [],
    remove: [],
    purge: [],
    readBuckets: ['state', 'models', 'archive', 'withdrawn', 'studies'],
    writeBuckets: [],
  },
  archiver: {
    description: 'scans to the archive and back; it answers what sites ask for',
    publish: ['scan.v1.*.*', 'label.v1.*', 'blob.v1.*.*', 'event.v1.archiver', 'dead.v1.archiver'],
    read: ['SCANS', 'LABELS', 'BLOBS'],
    work: [],
    remove: ['SCANS', 'LABELS'],
    purge: ['BLOBS'],
    readBuckets: ['state', 'archive', 'withdrawn', 'retention', 'checkpoints'],
    writeBuckets: ['archive'],
    answersSites: true,
  },
};

/** What a site may do, by the subjects and keys that are its own. */
export interface SiteGrants {
  description: string;
  publish: readonly string[];
  /** Subjects whose newest message it may ask for. */
  lookUp: readonly { stream: string; subject: string }[];
  /** Streams of which it may read what a reader gives that it has asked for. */
  readers: readonly string[];
}

/**
 * A site makes no consumers, sees no list of subjects, and reads by readers that the archiver makes for it: consumers
 * of its own could be told to deliver what it has written under subjects that are not its own.
 */
export const siteGrants = (site: string): SiteGrants => ({
  description: 'its own images and labels in, and what is known of them back',
  publish: [
    `scan.v1.${site}.*`,
    `label.v1.${site}`,
    `$KV.studies.complete.${site}.*`,
    'blob.v1.*.*',
    'event.v1.ingest',
    'dead.v1.ingest',
  ],
  lookUp: [
    { stream: 'SCANS', subject: `scan.v1.${site}.*` },
    { stream: 'KV_state', subject: '$KV.state.id' },
    { stream: 'KV_archive', subject: '$KV.archive.sample.*' },
    { stream: 'KV_archive', subject: '$KV.archive.state' },
    { stream: 'KV_withdrawn', subject: '$KV.withdrawn.sample.*' },
    { stream: 'KV_withdrawn', subject: '$KV.withdrawn.patient.*' },
  ],
  readers: ['SCANS', 'KV_archive'],
});
