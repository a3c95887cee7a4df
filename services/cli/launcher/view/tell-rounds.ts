import type { Notifier } from '#libs/async';
import type { PipelineState } from '../state/pipeline-state.js';
import type { ValidationPoint } from '../state/training-history.js';
import { percent } from '../../shared/percent.js';
import type { View } from './live-view.js';

/**
 * Prints a line for each validation and each alarm where no picture shows them, until the signal aborts.
 *
 * @param sinceUnixMs what came before is not told again
 */
export async function tellRounds(
  { state, changed, view }: { state: PipelineState; changed: Notifier; view: View },
  sinceUnixMs: number,
  signal: AbortSignal,
): Promise<void> {
  let toldStep = 0;
  let toldAlarms = 0;
  while (!signal.aborted) {
    await changed.wait(signal);
    for (const validation of state.history.validations) {
      if (validation.step <= toldStep) continue;
      toldStep = validation.step;
      if (validation.timeUnixMs >= sinceUnixMs) view.line(describeRound(validation));
    }
    if (state.alarmCount > toldAlarms) view.line(`ALARM: ${state.alarms.at(-1)}`);
    toldAlarms = state.alarmCount;
  }
}

function describeRound({ step, loss, accuracy, samples, version, promoted }: ValidationPoint): string {
  const figures = `loss ${loss.toFixed(4)}, accuracy ${percent(accuracy)} on ${samples} images`;
  const outcome =
    version === ''
      ? 'not offered'
      : promoted
        ? `${version} is champion`
        : `${version} not promoted: see sulcus versions`;
  return `validated at step ${step}: ${figures}; ${outcome}`;
}
