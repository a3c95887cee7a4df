/** Topology, publish and consume with trace context, blobs and key-value, on NATS JetStream. The only lib that knows the NATS client. */
export { Bus, connectBus } from './bus.js';
export { compareVersions, MINIMUM_SERVER_VERSION, type ConnectOptions } from './connection.js';
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
export { DEFAULT_LIMITS, DEFAULT_MAX_BYTES, limitsFromEnvironment, type TopologyLimits } from './limits.js';
export { HeaderName, type Headers } from './headers.js';
export type { PublishOptions, PublishResult } from './publish.js';
export type { ConsumeOptions } from './consume.js';
export type { PullOptions } from './pull.js';
export type { Delivery } from './delivery.js';
export type { Followed, FollowOptions, Received } from './received.js';
export type { KeyValue, KeyValueChange, KeyValueEntry } from './key-value.js';
export { CHUNK_BYTES, type BlobOptions } from './blobs.js';
export type { ConsumerStats, StreamStats } from './stats.js';
export { readDurability, type Durability } from './durability.js';
export { publishEvent } from './events.js';
