import { busTargets } from './targets/bus.js';
import { checkpointTargets } from './targets/checkpoints.js';
import { csvTargets } from './targets/csv.js';
import { dicomTarget } from './targets/dicom.js';
import { grpcTargets } from './targets/grpc.js';
import { http2Targets } from './targets/http2.js';
import { imageTargets } from './targets/images.js';
import { modelTargets } from './targets/models.js';
import { packedTargets } from './targets/packed.js';
import { settingsTargets } from './targets/settings.js';
import { storedTargets } from './targets/stored.js';
import type { Target } from './target.js';

/** Every door that is tried. */
export const TARGETS: readonly Target[] = [
  ...imageTargets,
  dicomTarget,
  ...csvTargets,
  ...settingsTargets,
  ...modelTargets,
  ...packedTargets,
  ...grpcTargets,
  ...http2Targets,
  ...busTargets,
  ...checkpointTargets,
  ...storedTargets,
];
