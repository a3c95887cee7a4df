import type { Engine } from '#libs/engine';
import { createRandom } from '#libs/random';
import { BATCH_SIZE, examine, Examinee, labelsOf, newSession, pixelsOf, type Accuracies } from './learning.js';
import type { Scenario } from './scenarios.js';

export interface OfflineOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly averageDecay: number;
  readonly learningRate: number;
}

/** What learning from everything at once gives: epochs over all that came, averaged weights. */
export async function learnOffline(
  engine: Engine,
  { arrivals, tests }: Scenario,
  { seed, epochs, ...training }: OfflineOptions,
): Promise<Accuracies> {
  const rows = arrivals.filter(({ split }) => split === 'SPLIT_TRAIN');
  const session = await newSession(engine, { seed, ...training });
  await using examinee = new Examinee(engine);
  // The next batch is prepared while the engine learns this one.
  let learning: Promise<unknown> = Promise.resolve();
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = createRandom(seed, 'offline order', epoch).shuffle([...rows]);
      // A rest is left out: batch norm wants batches of one size.
      for (let first = 0; first + BATCH_SIZE <= order.length; first += BATCH_SIZE) {
        const batch = order.slice(first, first + BATCH_SIZE);
        const pixels = pixelsOf(batch, { seed, epoch });
        await learning;
        learning = session.trainStep({ pixels, labels: labelsOf(batch), count: batch.length });
      }
    }
    await learning;
    await examinee.take(await session.readAverage());
    return await examine(examinee, tests);
  } finally {
    await session.close();
  }
}
