import type { Bus } from '#libs/bus';
import type { Split } from '#libs/contracts';
import type { BatchExchange } from '../data/batch-exchange.js';
import { batchesOf } from '../data/batches-of.js';
import { releaseBatch } from '../data/held-batches.js';
import { openBatch } from '../data/open-batch.js';
import type { GateModel } from './gate-model.js';
import type { HeldOutSample } from './held-out.js';

/** Probabilities that a model answered, by scan sequence. Samples whose image could not be prepared are missing. */
export type Answers = Map<number, Float32Array>;

export interface AskingParts {
  bus: Bus;
  exchange: BatchExchange;
}

/** What is asked. */
export interface Questions {
  samples: readonly HeldOutSample[];
  split: Split;
  /** Epoch that the batches are requested in; they are not augmented. */
  epoch: number;
  batchSize: number;
}

/**
 * Has models answer samples, each from images prepared as it takes them. Those that take the same answer the same
 * batches.
 *
 * @returns answers in the order of the models
 */
export async function askModels(
  { bus, exchange }: AskingParts,
  models: readonly GateModel[],
  questions: Questions,
  signal: AbortSignal,
): Promise<Answers[]> {
  const answers = new Map(models.map((model) => [model, new Map() as Answers]));
  for (const group of groupsOf(models)) {
    const [{ input, transform }] = group;
    for await (const { delivery } of exchange.batches(batchesOf({ ...questions, transform }), signal)) {
      const { pixels, sequences } = await openBatch(bus, delivery.message, input);
      for (const model of sequences.length > 0 ? group : []) {
        const probabilities = await model.answer(pixels, sequences.length);
        const width = model.classes.length;
        sequences.forEach((sequence, row) =>
          answers.get(model)!.set(sequence, probabilities.slice(row * width, (row + 1) * width)),
        );
      }
      // Answering leaves no effect that could be lost.
      await releaseBatch(bus, delivery);
    }
  }
  signal.throwIfAborted();
  return [...answers.values()];
}

/** Models by what their images are prepared with. */
function groupsOf(models: readonly GateModel[]): [GateModel, ...GateModel[]][] {
  const groups = new Map<string, [GateModel, ...GateModel[]]>();
  for (const model of models) {
    const key = model.transform?.hash ?? '';
    const group = groups.get(key);
    if (group) group.push(model);
    else groups.set(key, [model]);
  }
  return [...groups.values()];
}
