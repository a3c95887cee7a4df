import type { Notifier } from '#libs/async';
import type { DataSet } from './data-set.js';
import type { RetryingClient } from './evaluation/retrying-client.js';
import type { UpOptions } from './options.js';
import type { Pipeline } from './pipeline/pipeline.js';
import type { PipelineState } from './state/pipeline-state.js';
import type { ShownProcess } from './view/frame.js';
import type { View } from './view/live-view.js';

/** What the phases of a run work with. */
export interface Run {
  options: UpOptions;
  dataSet: DataSet;
  pipeline: Pipeline;
  state: PipelineState;
  /** Notifies after every change of the state. */
  changed: Notifier;
  client: RetryingClient;
  view: View;
  /** Commands that run at this moment, for the view. */
  commands: Set<ShownProcess>;
  /** When the run began, milliseconds since the Unix epoch. */
  startedMs: number;
  /** Where `--once` leaves its report. */
  reportFolder: string;
  /** Aborts when the user stops the run or a process is given up. */
  signal: AbortSignal;
  setPhase: (phase: string) => void;
}

/**
 * Resolves when a condition on the state holds; it is tested now and after every change.
 *
 * @throws the signal's reason when it aborts first
 */
export async function untilState(
  { changed }: Pick<Run, 'changed'>,
  condition: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  while (!condition()) {
    signal.throwIfAborted();
    await changed.wait(signal);
  }
}
