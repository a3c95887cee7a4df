import { Streams, type Bus, type StreamName } from '#libs/bus';
import { codecs, type Codec } from '#libs/contracts';
import type { PipelineState } from './pipeline-state.js';

export interface WatchOptions {
  /** Sequence in each stream up to which messages are passed over; by default all are seen. */
  after?: Readonly<Record<StreamName, number>> | undefined;
  signal: AbortSignal;
  /** Is called after everything that changed the state. */
  changed: () => void;
}

/** Keeps a state current from the streams of events, model events and dead letters, until the signal aborts. */
export async function watchPipeline(
  bus: Bus,
  state: PipelineState,
  { after, signal, changed }: WatchOptions,
): Promise<void> {
  const watch = async <O>(stream: StreamName, codec: Codec<never, O>, apply: (message: O) => void): Promise<void> => {
    for await (const { message, sequence } of bus.follow({ stream, codec, signal })) {
      if (message === undefined || sequence <= (after?.[stream] ?? 0)) continue;
      apply(message);
      changed();
    }
  };
  await Promise.all([
    watch(Streams.EVENTS, codecs.PipelineEvent, (event) => state.applyEvent(event)),
    watch(Streams.MODELS, codecs.ModelEvent, (event) => state.applyModelEvent(event)),
    watch(Streams.DEAD, codecs.DeadLetter, (letter) => state.applyDeadLetter(letter)),
  ]);
}
