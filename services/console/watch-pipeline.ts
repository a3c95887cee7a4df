import { Streams, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import type { PipelineState } from './pipeline-state.js';

/**
 * Keeps a state current from the streams of events, model events and dead letters, until the signal aborts.
 *
 * @param changed is called after everything that changed the state
 */
export async function watchPipeline(bus: Bus, state: PipelineState, signal: AbortSignal, changed: () => void): Promise<void> {
  const watch = async <O>(options: Parameters<typeof bus.follow<O>>[0], apply: (message: O) => void): Promise<void> => {
    for await (const { message } of bus.follow<O>(options)) {
      if (message === undefined) continue;
      apply(message);
      changed();
    }
  };
  await Promise.all([
    watch({ stream: Streams.EVENTS, codec: codecs.PipelineEvent, signal }, (event) => state.applyEvent(event)),
    watch({ stream: Streams.MODELS, codec: codecs.ModelEvent, signal }, (event) => state.applyModelEvent(event)),
    watch({ stream: Streams.DEAD, codec: codecs.DeadLetter, signal }, (letter) => state.applyDeadLetter(letter)),
  ]);
}
