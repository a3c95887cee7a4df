import type { Noticed } from './prequential.js';
import type { StreamParts } from './stream-parts.js';

/** Tells what was noticed; where the configuration says so, the champion then stays until people have looked. */
export async function raiseAlarms(
  { state, registry, prequential, events, freezeOnAlarm }: StreamParts,
  { drifts, calibration }: Noticed,
): Promise<void> {
  for (const drift of drifts) await events.drift(state.progress, drift, prequential.version);
  if (calibration) await events.calibrationLost(state.progress, calibration, prequential.version);
  if (!freezeOnAlarm || (drifts.length === 0 && !calibration)) return;
  const what = drifts.length > 0 ? `answers became worse (${drifts[0]!.stratum})` : 'calibration was lost';
  if (!(await registry.frozen('champion'))) await registry.freeze('champion', `run ${state.identity.run}: ${what}`);
}
