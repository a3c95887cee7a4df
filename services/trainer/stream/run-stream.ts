import { runTogether } from '#libs/async';
import type { Split } from '#libs/contracts';
import { streamSettings, type SettledRecipe } from '#libs/nn';
import { Gate, type GateOptions } from '../gate/gate.js';
import type { TrainerOptions, TrainerParts } from '../loop/parts.js';
import { EventFeed } from './event-feed.js';
import { Prequential } from './prequential.js';
import { StreamLineage } from './stream-lineage.js';
import { StreamPlan } from './stream-plan.js';
import type { StreamParts } from './stream-parts.js';
import type { StreamRecord } from './stream-record.js';
import { StreamTrainer } from './stream-trainer.js';

/** What runs beside the training. */
export type Companion = (stop: AbortSignal) => Promise<void>;

/** Learns from the stream until the signal aborts, going on where the checkpoint's record ends. */
export async function learnFromStream(
  parts: Omit<TrainerParts, 'index' | 'gate'>,
  options: TrainerOptions,
  {
    recipe,
    gateOptions,
    pauseMs,
    newClassSamples,
    freezeOnAlarm,
    record: stored,
    companions,
  }: {
    recipe: SettledRecipe;
    gateOptions: GateOptions;
    /** A stream counts as quiet when nothing has come for this long. */
    pauseMs: number;
    /** See `StreamPlanSettings`. */
    newClassSamples: number;
    /** Whether an alarm freezes the champion. */
    freezeOnAlarm: boolean;
    record: object | undefined;
    /** What runs beside the training: it ends when one of them fails. */
    companions: Companion[];
  },
  signal: AbortSignal,
): Promise<void> {
  const { bus, state } = parts;
  const record = stored as StreamRecord | undefined;
  const { classes, seed } = state.identity;
  const settings = { ...streamSettings(recipe), batchSize: recipe.batchSize, pauseMs, newClassSamples };
  const feed = new EventFeed();
  const memory = { seed, classes, replaySize: settings.memorySize, heldOutSize: settings.heldOutSize };
  const plan = new StreamPlan(feed, settings, memory, state.progress.step, record?.plan);
  const index = { labelled: (split: Split) => plan.settled.labelled(split) };
  const streamParts: StreamParts = {
    ...parts,
    gate: new Gate({ ...parts, index }, gateOptions),
    feed,
    plan,
    prequential: new Prequential(classes, record?.prequential),
    lineage: new StreamLineage(record?.lineage),
    freezeOnAlarm,
    counters: { refusedSteps: record?.refusedSteps ?? 0, goesBack: record?.goesBack ?? false },
  };
  const { prequential, lineage, counters } = streamParts;
  state.stream = {
    toRecord: () => ({
      plan: plan.toRecord(),
      prequential: prequential.toRecord(),
      lineage: lineage.toRecord(),
      ...counters,
    }),
    get lineage() {
      return lineage.lineage;
    },
  };
  const cursor = plan.settled.cursor;
  const trainer = new StreamTrainer(streamParts, { ...options, ...settings, transformHash: gateOptions.transformHash });
  await runTogether(
    { work: (stop) => trainer.run(stop), companions: [...companions, (stop) => feed.follow(bus, cursor, stop)] },
    signal,
  );
}
