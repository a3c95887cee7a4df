import {
  clientSecurityEnvironment,
  readClientSecurity,
  readServerSecurity,
  serverSecurityEnvironment,
  type ClientSecurity,
  type ServerSecurity,
} from '#libs/access';
import { bytes, choice, number, parseEnvironment, text, type Parsed } from '#libs/config';
import { intakeEnvironment, sourcesEnvironment } from '#services/ingest';

/** Environment of an edge: the doors of ingest, and the way to the core. */
export const environment = {
  ...intakeEnvironment,
  dataDir: [
    'SULCUS_DATA_DIR',
    text({
      // Relative: the folder of the configuration file becomes the current one.
      default: 'data',
      defaultText: 'data in the folder of the configuration file',
      description: 'folder for spool, quarantine, keys and status: on a disk that survives a power loss',
    }),
  ],
  ...sourcesEnvironment,
  ...serverSecurityEnvironment,
  ...clientSecurityEnvironment,
  core: ['SULCUS_EDGE_CORE', text({ description: 'host:port of the ingest at the core that samples are sent to' })],
  order: [
    'SULCUS_EDGE_ORDER',
    choice(['newest', 'oldest'], {
      default: 'newest',
      description: 'which of the samples that wait is sent first: the newest, so that today is not behind last week',
    }),
  ],
  spoolBytes: [
    'SULCUS_EDGE_SPOOL_BYTES',
    bytes({ default: 20 * 2 ** 30, description: 'what the spool may take of the disk; senders are refused beyond it' }),
  ],
  reserveBytes: [
    'SULCUS_EDGE_RESERVE_BYTES',
    bytes({ default: 2 ** 30, description: 'what the spool leaves free on its disk for everybody else' }),
  ],
  highWatermark: [
    'SULCUS_EDGE_HIGH_WATERMARK',
    number({ min: 0.01, max: 1, default: 0.8, description: 'share of the spool above which it is said that it fills' }),
  ],
  inFlightBytes: [
    'SULCUS_EDGE_IN_FLIGHT_BYTES',
    bytes({
      default: 16 * 2 ** 20,
      description: 'what is on its way to the core at the same time: a new sample waits behind so much at most',
    }),
  ],
} as const;

export type EdgeConfig = Parsed<typeof environment> & {
  /** Of the doors. */
  readonly security: ServerSecurity;
  /** What this edge shows the core, and demands of it. */
  readonly coreSecurity: ClientSecurity;
};

/** @throws INVALID_CONFIG naming every mistake at once */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): EdgeConfig => ({
  ...parseEnvironment(environment, env),
  security: readServerSecurity(env),
  coreSecurity: readClientSecurity(env),
});
