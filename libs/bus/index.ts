/**
 * Topology, publish and consume with trace context, blobs and key-value, on NATS JetStream. The only lib that knows the
 * NATS client.
 */
export { Bus, connectBus } from './bus.js';
export { busEnvironment } from './connection/environment.js';
export type { ConnectOptions } from './connection/connection.js';
export type { RequestOptions } from './connection/retry.js';
export { compareVersions, MINIMUM_SERVER_VERSION } from './connection/server-version.js';
export {
  blobOwners,
  BUCKETS,
  NOUNS,
  STREAM_NAMES,
  Streams,
  subjects,
  type BlobStream,
  type BucketName,
  type StreamName,
} from './topology.js';
export {
  DEFAULT_LIMITS,
  DEFAULT_MAX_BYTES,
  limitsEnvironment,
  limitsFromEnvironment,
  type TopologyLimits,
} from './streams/limits.js';
export { HeaderName, type Headers } from './messages/headers.js';
export type { PublishOptions, PublishResult } from './messages/publish.js';
export type { ConsumeOptions } from './consumers/consume.js';
export type { PullOptions } from './consumers/pull.js';
export type { Delivery } from './consumers/delivery.js';
export type { Followed, FollowOptions, Received } from './consumers/follow.js';
export type { KeyValue, KeyValueChange, KeyValueEntry } from './key-value/key-value.js';
export { CHUNK_BYTES, type BlobOptions } from './blobs/blob-store.js';
export type { ConsumerStats, StreamStats } from './streams/stats.js';
export { readDurability, type Durability } from './connection/durability.js';
export { followScans, readScanHeaders, writeScanHeaders, type ScanEntry, type ScanHeaders } from './scan-headers.js';
export { publishEvent } from './messages/events.js';
