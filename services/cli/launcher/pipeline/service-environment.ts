import path from 'node:path';
import type { UpOptions } from '../options.js';
import type { Ports } from './choose-ports.js';

interface Surroundings {
  natsUrl: string;
  /** Of the state that the broker holds. */
  stateId: string;
  /** Of a broker of our own. */
  monitorUrl: string | undefined;
  ports: Ports;
  classes: readonly string[];
  traceFolder: string;
  archiveFolder: string;
  startWeightsFile: string;
  /** Variables of the keys that model versions are signed with. */
  keys: NodeJS.ProcessEnv;
}

/**
 * Where a hospital is played studies are predicted as they come, nobody waits for as long as in a real one, and of so
 * few patients some are in every split.
 */
const PLAYED: NodeJS.ProcessEnv = {
  SULCUS_SPLIT_SHARES: '60/15/15/10',
  SULCUS_STUDIES: 'true',
  SULCUS_STUDY_IDLE: '5s',
  SULCUS_STREAM_PAUSE: '3s',
};

/** What the services are told; everything else comes from the environment of the launcher. */
export const serviceEnvironment = (
  { run, recipe, mode, epochs, seed, once, site }: UpOptions,
  { natsUrl, stateId, monitorUrl, ports, classes, traceFolder, archiveFolder, startWeightsFile, keys }: Surroundings,
): NodeJS.ProcessEnv => ({
  SULCUS_TRACE_FILE: path.join(traceFolder, '%s-%p.jsonl'),
  // Here everything stays on this machine: what is predicted can be replayed without looking for its image.
  SULCUS_RECORD_INPUTS: 'true',
  SULCUS_ARCHIVE: archiveFolder,
  SULCUS_START_WEIGHTS: startWeightsFile,
  ...keys,
  ...(site ? PLAYED : {}),
  ...process.env,
  SULCUS_NATS_URL: natsUrl,
  SULCUS_STATE_ID: stateId,
  ...(monitorUrl === undefined ? {} : { SULCUS_NATS_MONITOR_URL: monitorUrl }),
  SULCUS_RUN: run,
  SULCUS_RECIPE: recipe,
  SULCUS_MODE: mode ?? (once && !site ? 'epochs' : 'stream'),
  SULCUS_SEED: String(seed),
  SULCUS_CLASSES: classes.join(','),
  SULCUS_INGEST_ADDRESS: `127.0.0.1:${ports.ingest}`,
  SULCUS_PREDICTOR_ADDRESS: `127.0.0.1:${ports.predictor}`,
  // A run to the end has nobody to promote by hand.
  ...(once ? { SULCUS_PROMOTION: 'auto', SULCUS_KEEP_DECLINED: 'true' } : {}),
  ...(epochs === undefined ? {} : { SULCUS_EPOCHS: String(epochs) }),
});
