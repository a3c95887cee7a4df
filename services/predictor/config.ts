import { availableParallelism } from 'node:os';
import { readServerSecurity, serverSecurityEnvironment, type ServerSecurity } from '#libs/access';
import { busEnvironment } from '#libs/bus';
import {
  bytes,
  choice,
  duration,
  flag,
  integer,
  integers,
  list,
  number,
  optional,
  parseEnvironment,
  text,
  type Parsed,
} from '#libs/config';
import { engineEnvironment } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import { studyEnvironment } from './studies/config.js';

const cores = availableParallelism();

/** Environment of the predictor. */
export const environment = {
  ...busEnvironment,
  ...serverSecurityEnvironment,
  trustedKeys: [
    'SULCUS_TRUSTED_KEYS',
    list({
      default: [],
      description: 'PEM files of public Ed25519 keys, comma-separated: only versions signed by one of them are served',
    }),
  ],
  address: [
    'SULCUS_PREDICTOR_ADDRESS',
    text({ default: '127.0.0.1:7002', description: 'host:port the gRPC server listens on' }),
  ],
  alias: ['SULCUS_ALIAS', text({ default: 'champion', description: 'alias whose model version answers' })],
  shadowAlias: [
    'SULCUS_SHADOW_ALIAS',
    optional(
      text({
        description:
          'alias of a shadow version, for example candidate: a share of the traffic is mirrored to it, its ' +
          'answers are compared and dropped',
      }),
    ),
  ],
  shadowShare: [
    'SULCUS_SHADOW_SHARE',
    number({
      min: 0,
      max: 1,
      default: 0.1,
      description: 'share of the predictions that are mirrored to the shadow version, 0 to 1',
    }),
  ],
  modelName: [
    'SULCUS_MODEL_NAME',
    optional(text({ description: 'name of the model for clients of the Open Inference Protocol (default: its run)' })),
  ],
  maxLoadedVersions: [
    'SULCUS_MAX_LOADED_VERSIONS',
    integer({
      min: 0,
      max: 64,
      default: 1,
      description: 'versions loaded for requests that name them, beside the one in service',
    }),
  ],
  versionIdleMs: [
    'SULCUS_VERSION_IDLE',
    duration({ default: 600_000, description: 'such a version is unloaded when nobody has asked it for so long' }),
  ],
  engineThreads: [
    'SULCUS_ENGINE_THREADS',
    optional(integer({ min: 1, max: 1024, description: 'threads of the engine (default: all cores)' })),
  ],
  ...engineEnvironment,
  precision: [
    'SULCUS_PREDICTOR_PRECISION',
    choice(['auto', 'float32', 'bfloat16'], {
      default: 'auto',
      description: "arithmetic of the network; auto: as the model's recipe",
    }),
  ],
  prepareThreads: [
    'SULCUS_PREPARE_THREADS',
    integer({
      min: 1,
      max: 64,
      default: Math.max(1, Math.min(4, cores - 1)),
      defaultText: 'one per core but one, at most 4',
      description: 'threads that decode and transform images',
    }),
  ],
  maxBatchSize: [
    'SULCUS_BATCH_SIZE',
    integer({ min: 1, max: 1024, default: 16, description: 'images per batch at most' }),
  ],
  preferredBatchSizes: [
    'SULCUS_PREFERRED_BATCH_SIZES',
    integers({
      min: 1,
      max: 1024,
      default: [],
      description: 'smaller batches that go out without waiting for more, comma-separated',
    }),
  ],
  maxDelayMs: [
    'SULCUS_BATCH_DELAY',
    duration({ default: 4, description: 'how long an image may wait for others to share its batch' }),
  ],
  queueTimeoutMs: [
    'SULCUS_QUEUE_TIMEOUT',
    optional(
      duration({
        description:
          'how long an image may wait for its batch before it is rejected (default: as long as its caller waits)',
      }),
    ),
  ],
  maxRequests: [
    'SULCUS_QUEUE_REQUESTS',
    integer({ min: 1, max: 100_000, default: 256, description: 'requests admitted and not yet answered, at most' }),
  ],
  maxQueueBytes: [
    'SULCUS_QUEUE_BYTES',
    bytes({ default: 256 * 2 ** 20, description: 'encoded bytes of the admitted requests together, at most' }),
  ],
  records: [
    'SULCUS_RECORDS',
    choice(['durable', 'async', 'off'], {
      default: 'async',
      description: 'records of predictions; durable: stored before the answer, async: beside it, off: none',
    }),
  ],
  recordInputs: [
    'SULCUS_RECORD_INPUTS',
    flag({ default: false, description: 'also keep the images that were predicted, so that sulcus replay has them' }),
  ],
  recordNames: [
    'SULCUS_RECORD_NAMES',
    flag({
      default: false,
      description: 'records keep the names that callers give their requests, which may be those of patients',
    }),
  ],
  recordTimeoutMs: [
    'SULCUS_RECORD_TIMEOUT',
    duration({
      default: 5000,
      description: 'durable: how long an answer waits for its record before the request fails',
    }),
  ],
  maxRecordQueueBytes: [
    'SULCUS_RECORD_QUEUE_BYTES',
    bytes({
      default: 64 * 2 ** 20,
      description: 'async: records that wait for the broker, at most; what is beyond is dropped and counted',
    }),
  ],
  maxMessageBytes: ['SULCUS_MAX_MESSAGE_BYTES', bytes({ default: 16 * 2 ** 20, description: 'largest gRPC message' })],
  ...studyEnvironment,
} as const;

/** Typed configuration of the predictor. */
export type PredictorConfig = Parsed<typeof environment> & { readonly security: ServerSecurity };

/** @throws INVALID_CONFIG naming every mistake at once */
export function readConfig(variables: NodeJS.ProcessEnv = process.env): PredictorConfig {
  const config = parseEnvironment(environment, variables);
  const wrong = config.preferredBatchSizes.find((size) => size > config.maxBatchSize);
  if (wrong !== undefined)
    throw new SulcusError(
      'INVALID_CONFIG',
      `SULCUS_PREFERRED_BATCH_SIZES: ${wrong} is more than SULCUS_BATCH_SIZE, ${config.maxBatchSize}`,
    );
  if (config.shadowAlias === config.alias)
    throw new SulcusError(
      'INVALID_CONFIG',
      `SULCUS_SHADOW_ALIAS "${config.shadowAlias}": it is SULCUS_ALIAS too, so there would be nothing to compare`,
    );
  return { ...config, security: readServerSecurity(variables) };
}
