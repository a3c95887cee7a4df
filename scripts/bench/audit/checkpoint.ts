import { randomBytes } from 'node:crypto';
import type { Bus } from '#libs/bus';
import { LineageWriter } from '#libs/lineage';
import { CheckpointStore } from '#libs/registry';

/** What the list of learned samples costs a checkpoint. */
export interface CheckpointCost {
  /** Medians, in milliseconds: to store the tensors, alone and behind the list of what was learned since the last. */
  aloneMs: number;
  withLineageMs: number;
  /** What the list adds, over the first. */
  share: number;
}

/** ResNet-18 with Adam: weights and two slots of 11.7 million float32 each. */
const PART_BYTES = 11_700_000 * 4;
/** Learned for the first time in the 15 s between two checkpoints, at 500 images a second. */
const SAMPLES = 7500;
const ROUNDS = 7;

/** Stores checkpoints as a trainer does, of new tensors each, with and without the list, by turns. */
export async function measureCheckpoint(bus: Bus, classes: readonly string[]): Promise<CheckpointCost> {
  const run = 'checkpoint-cost';
  const store = new CheckpointStore(bus);
  const lineage = await LineageWriter.open(bus, run, undefined, { remembersAll: true });
  const [alone, withLineage]: [number[], number[]] = [[], []];
  let revision = 0;
  let sequence = 1;
  for (let turn = 0; turn < 2 * (ROUNDS + 1); turn++) {
    const parts = { weights: randomBytes(PART_BYTES), optimizer: randomBytes(2 * PART_BYTES) };
    const isListed = turn % 2 === 1;
    const beganMs = performance.now();
    if (isListed) {
      for (let row = 0; row < SAMPLES; row++)
        lineage.add([{ sequence: sequence++, label: classes[row % classes.length]! }]);
      lineage.cut(turn, { isNeeded: true });
    }
    const manifest = { lineage: lineage.toRecord() };
    revision = await store.save(run, { manifest, parts }, revision, isListed ? lineage.durable() : undefined);
    // The first two have connections to warm and code to compile.
    if (turn > 1) (isListed ? withLineage : alone).push(performance.now() - beganMs);
  }
  const [aloneMs, withLineageMs] = [median(alone), median(withLineage)];
  return { aloneMs, withLineageMs, share: withLineageMs / aloneMs - 1 };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
