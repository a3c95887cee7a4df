import { randomBytes } from 'node:crypto';
import type { Bus } from '#libs/bus';
import { LineageWriter } from '#libs/lineage';
import { CheckpointStore } from '#libs/registry';

/** What the list of learned samples costs a checkpoint. */
export interface CheckpointCost {
  /** Medians, in milliseconds: to store the tensors, alone and beside the list of what was learned since the last. */
  aloneMs: number;
  withLineageMs: number;
  /** What the list adds, over the first: median of pairs that were stored one after the other. */
  share: number;
  /** Median, in milliseconds: to note the samples as they are learned, between two checkpoints. */
  notedMs: number;
}

/** ResNet-18 with Adam: weights and two slots of 11.7 million float32 each. */
const PART_BYTES = 11_700_000 * 4;
/** Learned for the first time in the 15 s between two checkpoints, at 500 images a second. */
const SAMPLES = 7500;
const ROUNDS = 25;

/** Stores checkpoints as a trainer does, of new tensors each, with and without the list, by turns. */
export async function measureCheckpoint(bus: Bus, classes: readonly string[]): Promise<CheckpointCost> {
  const run = 'checkpoint-cost';
  const store = new CheckpointStore(bus);
  const lineage = await LineageWriter.open(bus, run, undefined, { remembersAll: true });
  let [revision, sequence, step] = [0, 1, 0];
  const learn = (): void => {
    for (let row = 0; row < SAMPLES; row++)
      lineage.add([{ sequence: sequence++, label: classes[row % classes.length]! }]);
  };
  const save = async (): Promise<number> => {
    const parts = { weights: randomBytes(PART_BYTES), optimizer: randomBytes(2 * PART_BYTES) };
    const beganMs = performance.now();
    lineage.cut(step++, { isNeeded: true });
    revision = await store.save(run, { manifest: { lineage: lineage.toRecord() }, parts }, revision, lineage.durable());
    return performance.now() - beganMs;
  };
  // The first have connections to warm and code to compile.
  await save();
  await save();
  const pairs: { noted: number; alone: number; listed: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const firstAlone = round % 2 === 0 ? await save() : undefined;
    const beganMs = performance.now();
    learn();
    const noted = performance.now() - beganMs;
    const listed = await save();
    pairs.push({ noted, alone: firstAlone ?? (await save()), listed });
  }
  return {
    aloneMs: median(pairs.map(({ alone }) => alone)),
    withLineageMs: median(pairs.map(({ listed }) => listed)),
    share: median(pairs.map(({ alone, listed }) => listed / alone)) - 1,
    notedMs: median(pairs.map(({ noted }) => noted)),
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
