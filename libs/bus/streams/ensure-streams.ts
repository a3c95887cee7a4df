import { JetStreamApiError, type StreamConfig, type StreamInfo } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { SulcusError } from '#libs/errors';
import type { Connection } from '../connection/connection.js';
import { busError, isNotFound, JetStreamCode } from '../connection/errors.js';
import type { TopologyLimits } from './limits.js';
import { ageLimitOf, streamConfigs, type OurStreamConfig } from './stream-configs.js';
import { CORE_GRANTS, CORE_SERVICES, siteGrants } from '../accounts/grants.js';
import { BUCKETS, type BucketName, type StreamName } from '../topology.js';

/** Buckets whose keys a site asks for one by one, by the requests that the broker can tell apart by their subjects. */
const LOOKED_UP: ReadonlySet<BucketName> = new Set(['state', 'archive', 'withdrawn']);

/**
 * Buckets that sites write. In them no header of a message may delete others: with `Nats-Rollup: all` one under its own
 * key empties the whole bucket, and a bucket as clients make it allows that.
 */
const WRITTEN_BY_SITES: ReadonlySet<BucketName> = new Set(
  BUCKETS.filter((bucket) => siteGrants('site').publish.some((subject) => subject.startsWith(`$KV.${bucket}.`))),
);

/** What must be as we ask: a broker that is too old drops fields it does not know without an error. */
const STRUCTURE = [
  'retention',
  'discard',
  'storage',
  'allow_direct',
  'max_msgs',
  'max_msg_size',
  'deny_delete',
  'deny_purge',
] as const;

/**
 * Creates what is missing of the streams and buckets. Streams that exist keep their sizes unless `limits` names others;
 * a stream that exists with another structure is refused. Safe when several services do it at once.
 *
 * @throws STORAGE_FULL when the broker's disk cannot hold the sizes
 * @throws INVALID_CONFIG when a stream of that name exists and is not ours
 */
export async function ensureTopology(connection: Connection, limits: Partial<TopologyLimits>): Promise<void> {
  const { user } = connection;
  if (user !== undefined && user !== 'operator') return await checkTopology(connection);
  await Promise.all(
    streamConfigs(limits).map(async (config) => {
      const info = (await streamInfo(connection, config.name)) ?? (await addStream(connection, config));
      refuseOtherStructure(info, config);
      await applySizes(connection, info, config, limits);
    }),
  );
  const kvm = new Kvm(connection.js);
  for (const bucket of BUCKETS) {
    try {
      // Whoever can does not read by direct get: in a cluster that may answer from a replica that is behind.
      const isDirect = LOOKED_UP.has(bucket);
      await kvm.create(bucket, { history: 1, replicas: limits.replicas ?? 1, allow_direct: isDirect });
    } catch (error) {
      // Another service created the bucket between the client's look and its own attempt.
      if (!(error instanceof JetStreamApiError && error.code === JetStreamCode.STREAM_NAME_IN_USE))
        throw busError(error, `Could not create the ${bucket} bucket`);
    }
    await adjustBucket(connection, bucket);
  }
}

/** What sites need of a bucket and what they must not have: other than clients make it, or than it was made before. */
async function adjustBucket({ manager }: Connection, bucket: BucketName): Promise<void> {
  const [isLookedUp, isWritten] = [LOOKED_UP.has(bucket), WRITTEN_BY_SITES.has(bucket)];
  if (!isLookedUp && !isWritten) return;
  const { config } = await manager.streams.info(`KV_${bucket}`);
  const changes = {
    ...(isLookedUp && !config.allow_direct && { allow_direct: true }),
    ...(isWritten && config.allow_rollup_hdrs && { allow_rollup_hdrs: false }),
  };
  if (Object.keys(changes).length > 0) await manager.streams.update(config.name, changes);
}

/**
 * Of a broker with accounts the operator alone makes streams: others look whether what they read is there.
 *
 * @throws NOT_FOUND naming what is missing
 */
async function checkTopology(connection: Connection): Promise<void> {
  const service = CORE_SERVICES.find((each) => each === connection.user);
  const { read, readBuckets } = service === undefined ? { read: [], readBuckets: [] } : CORE_GRANTS[service];
  for (const stream of [...read, ...readBuckets.map((bucket) => `KV_${bucket}`)])
    if ((await streamInfo(connection, stream)) === undefined)
      throw new SulcusError(
        'NOT_FOUND',
        `The broker has no ${stream} stream, and ${connection.user} may not make it: \`sulcus broker streams\` does`,
      );
}

async function streamInfo(connection: Connection, name: string): Promise<StreamInfo | undefined> {
  try {
    return await connection.manager.streams.info(name);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw busError(error, `Could not read the ${name} stream`);
  }
}

async function addStream(connection: Connection, config: OurStreamConfig): Promise<StreamInfo> {
  try {
    return await connection.manager.streams.add(config);
  } catch (error) {
    // Another service created it at the same moment, with other limits.
    if (error instanceof JetStreamApiError && error.code === JetStreamCode.STREAM_NAME_IN_USE)
      return connection.manager.streams.info(config.name);
    const failure = busError(error, `Could not create the ${config.name} stream`);
    if (failure.code !== 'STORAGE_FULL') throw failure;
    throw new SulcusError(
      'STORAGE_FULL',
      `The broker's disk cannot reserve ${config.max_bytes} bytes for the ${config.name} stream: ` +
        `set SULCUS_STREAM_${config.name}_BYTES to less, or give the broker more room`,
      {
        cause: error,
      },
    );
  }
}

function refuseOtherStructure({ config: actual }: StreamInfo, wanted: OurStreamConfig): void {
  const differences = STRUCTURE.filter((field) => actual[field] !== wanted[field]).map(
    (field) => `${field} is ${String(actual[field])}, not ${String(wanted[field])}`,
  );
  if (actual.subjects.join() !== wanted.subjects.join())
    differences.push(`subjects are ${actual.subjects.join()}, not ${wanted.subjects.join()}`);
  differences.push(...losses(actual));
  if (differences.length > 0) {
    throw new SulcusError(
      'INVALID_CONFIG',
      `The broker's ${wanted.name} stream cannot be used: ${differences.join('; ')}`,
      { details: { differences } },
    );
  }
}

/** What a stream that others set up does to messages that we count on. */
function losses({ name, max_age, max_msgs_per_subject, sealed, mirror, allow_rollup_hdrs }: StreamConfig): string[] {
  const stream = name as StreamName;
  return [
    ...(max_age > 0 && ageLimitOf(stream) === undefined
      ? [`it forgets messages after ${max_age / 1e9} s: max_age must be 0`]
      : []),
    ...(max_msgs_per_subject > 0 ? [`it keeps ${max_msgs_per_subject} messages of a subject: it must keep all`] : []),
    ...(allow_rollup_hdrs ? ['a header of a message deletes others: allow_rollup_hdrs must be false'] : []),
    ...(sealed ? ['it is sealed'] : []),
    ...(mirror ? [`it mirrors ${mirror.name}, so that nothing can be stored in it`] : []),
  ];
}

/** Changes only what the caller named, so that services without an opinion do not undo the others'. */
async function applySizes(
  connection: Connection,
  info: StreamInfo,
  wanted: OurStreamConfig,
  limits: Partial<TopologyLimits>,
): Promise<void> {
  const asked: (keyof OurStreamConfig)[] = [];
  const stream = info.config.name as StreamName;
  const ageLimit = ageLimitOf(stream);
  if (limits.maxBytes?.[stream] !== undefined) asked.push('max_bytes');
  if (ageLimit !== undefined && limits[ageLimit] !== undefined) asked.push('max_age');
  if (limits.duplicateWindowMs !== undefined) asked.push('duplicate_window');
  if (limits.replicas !== undefined) asked.push('num_replicas');
  const changes = Object.fromEntries(
    asked.filter((field) => info.config[field] !== wanted[field]).map((field) => [field, wanted[field]]),
  );
  if (Object.keys(changes).length === 0) return;
  try {
    const updated = await connection.manager.streams.update(wanted.name, changes);
    const ignored = Object.keys(changes).filter(
      (field) => updated.config[field as keyof OurStreamConfig] !== changes[field],
    );
    if (ignored.length > 0)
      throw new SulcusError(
        'UNSUPPORTED_VERSION',
        `The broker ignored ${ignored.join(', ')} of the ${wanted.name} stream`,
      );
  } catch (error) {
    throw busError(error, `Could not change the ${wanted.name} stream`);
  }
}
