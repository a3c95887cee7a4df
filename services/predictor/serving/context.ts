import type { ImageWorkerPool } from '#libs/imaging';
import type { PredictorEvents } from '../events.js';
import type { Recorder } from '../recording/recorder.js';
import type { AliasManager } from '../servables/alias-manager.js';
import type { Shadow } from '../shadow/shadow.js';
import type { Admission } from './admission.js';
import type { ServingStatistics } from './statistics.js';

/** What answering requests needs. */
export interface ServingContext {
  admission: Admission;
  /** The version that answers unless a request names another. */
  live: AliasManager;
  pool: ImageWorkerPool;
  events: PredictorEvents;
  statistics: ServingStatistics;
  recorder: Recorder;
  /** Sees a share of what is answered. */
  shadow: Pick<Shadow, 'mirror'> | undefined;
}
