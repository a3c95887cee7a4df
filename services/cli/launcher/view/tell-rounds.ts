import type { Notifier } from '#libs/async';
import { describeUnknown } from '../state/describe-waiting.js';
import type { PipelineState, Told } from '../state/pipeline-state.js';
import type { ValidationPoint } from '../state/training-history.js';
import { percent } from '../../shared/percent.js';
import type { View } from './live-view.js';

/** Labels outside the class list that are told of, at most: a column of the wrong name may hold thousands. */
const MAX_UNKNOWN_TOLD = 20;

/**
 * Prints a line for each validation, each alarm and what else is not the usual course of things where no picture shows
 * them, until the signal aborts.
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
  let toldNotes = 0;
  const toldLabels = new Set<string>();
  /** Of so many that are new, those that are kept and were said since the start. */
  const fresh = (list: readonly Told[], count: number): Told[] =>
    count === 0 ? [] : list.slice(-count).filter(({ timeUnixMs }) => timeUnixMs >= sinceUnixMs);
  while (!signal.aborted) {
    await changed.wait(signal);
    for (const { text } of fresh(state.notes, state.noteCount - toldNotes)) view.line(text);
    toldNotes = state.noteCount;
    for (const validation of state.history.validations) {
      if (validation.step <= toldStep) continue;
      toldStep = validation.step;
      if (validation.timeUnixMs >= sinceUnixMs) view.line(describeRound(validation));
    }
    for (const { text } of fresh(state.alarms, state.alarmCount - toldAlarms)) view.line(`ALARM: ${text}`);
    toldAlarms = state.alarmCount;
    for (const [label, count] of Object.entries(state.waiting?.unknownLabels ?? {})) {
      if (toldLabels.has(label) || toldLabels.size === MAX_UNKNOWN_TOLD) continue;
      toldLabels.add(label);
      view.line(describeUnknown(label, count, state.waiting!.newClassSamples));
    }
  }
}

function describeRound({ step, loss, accuracy, samples, version, promoted, reason }: ValidationPoint): string {
  const figures = `loss ${loss.toFixed(4)}, accuracy ${percent(accuracy)} on ${samples} images`;
  return `validated at step ${step}: ${figures}; ${describeOutcome(version, promoted, reason)}`;
}

/** What follows a semicolon is advice and detail: `sulcus versions` has it all. */
function describeOutcome(version: string, promoted: boolean, reason = ''): string {
  if (version === '') return 'not offered';
  const why = reason.split(';')[0]!;
  if (promoted) return `${version} is champion${why === '' ? '' : `: ${why}`}`;
  return `${version} not promoted: ${why || 'see sulcus versions'}`;
}
