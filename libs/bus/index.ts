/**
 * What services say to each other, on NATS JetStream: streams, messages with trace context, consumers, blobs and
 * key-value. The only lib that imports the NATS client; of ours it imports access, async, config, contracts, errors,
 * telemetry.
 *
 *     await using bus = await connectBus({ servers: 'nats://127.0.0.1:4222', name: 'ingest', signal });
 *     await bus.ensureTopology();
 *     await bus.publish(subjects.label('site-a'), codecs.LabelEvent, { sampleId, label: 'glioma' });
 *     for await (const { message } of bus.follow({ stream: 'LABELS', codec: codecs.LabelEvent, signal })) …
 *
 * | folder | holds |
 * |---|---|
 * | `bus.ts`, `topology.ts` | the interface; names of streams, subjects and buckets |
 * | `connection/` | connecting, errors, how long a broker that is away is waited for |
 * | `streams/` | creating streams, their sizes, their fill |
 * | `messages/` | publishing, headers, dead letters, pipeline events |
 * | `consumers/` | consume (shared work), pull (acknowledged later), follow (in order, from the beginning) |
 * | `scan-headers.ts` | what followers know of a scan without its pixels |
 * | `retention.ts` | what each run still needs of SCANS |
 * | `unused-places.ts` | places of SCANS and DECISIONS that a full disk used up |
 * | `accounts/` | who may do what at the broker, and its configuration; the keys of its users |
 * | `sites/` | what a site asks of the core, because it may not do it itself |
 * | `blobs/`, `key-value/` | content of any size by its hash; small values by compare-and-set |
 */
export { Bus, connectBus } from './bus.js';
export { openBus, type BusSettings, type BusUser } from './open-bus.js';
export { CORE_GRANTS, CORE_SERVICES, siteGrants, type Grants } from './accounts/grants.js';
export { corePermissions, keyFile, operatorPermissions, sitePermissions, siteUser } from './accounts/permissions.js';
export { CORE_ACCOUNT, serverAccounts, usersOf } from './accounts/server-accounts.js';
export { createUserKey, publicKeyOf } from './accounts/user-keys.js';
export type { SiteAnswers } from './sites/site-requests.js';
export { checkStateId, readStateId, restoreStateId, storedStateId } from './state-identity.js';
export { busEnvironment } from './connection/environment.js';
export { brokerSecurityEnvironment } from './connection/security.js';
export type { BrokerUser } from './connection/security.js';
export type { ConnectOptions } from './connection/connection.js';
export type { RequestOptions } from './connection/retry.js';
export { compareVersions, MINIMUM_SERVER_VERSION } from './connection/server-version.js';
export {
  blobOwners,
  BUCKETS,
  NOUNS,
  siteOfScan,
  STREAM_NAMES,
  Streams,
  subjects,
  trainerConsumer,
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
export type { Unreadable } from './consumers/unreadable.js';
export type { Followed, FollowOptions, Received } from './consumers/follow.js';
export type { KeyValue, KeyValueChange, KeyValueEntry } from './key-value/key-value.js';
export { CHUNK_BYTES, type BlobOptions } from './blobs/blob-store.js';
export type { ConsumerStats, StreamStats } from './streams/stats.js';
export { readDurability, type Durability } from './connection/durability.js';
export { readLastPlace, type LastPlace } from './connection/last-place.js';
export { readBrokerFaults, type BrokerFault } from './connection/broker-faults.js';
export {
  followScanHashes,
  followScans,
  readScanHeaders,
  type DicomCodes,
  writeScanHeaders,
  type ScanEntry,
  type ScanHeaders,
} from './scan-headers.js';
export {
  publishRetention,
  readRetentions,
  withdrawRetention,
  type Retention,
  type StoredRetention,
} from './retention.js';
export { isAppendOnly } from './streams/stream-configs.js';
export {
  ACCOUNTED_STREAMS,
  noteUnusedPlaces,
  readUnusedPlaces,
  type AccountedStream,
  type UnusedPlaces,
} from './unused-places.js';
export { publishEvent } from './messages/events.js';
