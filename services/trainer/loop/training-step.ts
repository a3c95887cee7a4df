import { attr, withSpan } from '#libs/telemetry';
import type { DeliveredBatch } from '../data/batch-exchange.js';
import { openBatch, type OpenBatch } from '../data/open-batch.js';
import type { TrainerOptions, TrainerParts } from './parts.js';
import { withinStepLimit } from './step-limit.js';

/**
 * Takes one step on the samples of a batch that had no effect in this epoch yet, and records what became of all.
 * The batch is held until a checkpoint contains its effect.
 */
export async function trainOn(
  parts: TrainerParts,
  { bnFrozenAfterFirstEpoch }: Pick<TrainerOptions, 'bnFrozenAfterFirstEpoch'>,
  { requested, delivery, waitedMs }: DeliveredBatch,
): Promise<void> {
  const { bus, network, state, held, events, index } = parts;
  const startedAtMs = performance.now();
  const batch = await openBatch(bus, delivery.message, network.input);
  const rows = state.ledger
    .unsettledRows(batch.sequences)
    .filter((row) => !index.isWithdrawn(delivery.message.samples[row]!.sampleId));
  if (rows.length > 0) {
    const inferenceMode = bnFrozenAfterFirstEpoch && state.ledger.epoch > 0;
    await step(parts, batch, rows, { inferenceMode, traceparent: delivery.traceparent, waitedMs, startedAtMs });
    const { classes } = state.identity;
    state.learned?.add(rows.map((row) => ({ sequence: batch.sequences[row]!, label: classes[batch.labels[row]!]! })));
    state.ledger.recordApplied(
      rows.map((row) => ({ scanSequence: batch.sequences[row]!, classIndex: batch.labels[row]! })),
    );
  }
  const dropped = new Set(delivery.message.dropped.map(({ scanSequence }) => scanSequence));
  const putAside = requested.samples.filter(
    ({ scanSequence }) => dropped.has(scanSequence) && !state.ledger.isSettled(scanSequence),
  );
  state.ledger.recordDropped(putAside);
  state.learned?.putAside(putAside.map(({ scanSequence }) => scanSequence));
  held.hold(delivery);
  await events.progress(state.progress, state.ledger.epoch, state.schedule.learningRate);
}

async function step(
  { session, state }: TrainerParts,
  batch: OpenBatch,
  rows: readonly number[],
  about: { inferenceMode: boolean; traceparent: string | undefined; waitedMs: number; startedAtMs: number },
): Promise<void> {
  const links = about.traceparent === undefined ? [] : [{ traceparent: about.traceparent }];
  const attributes = {
    [attr.run]: state.identity.run,
    [attr.epoch]: state.ledger.epoch,
    [attr.step]: state.progress.step + 1,
  };
  await withSpan('train step', { root: true, links, attributes }, async (span) => {
    const given = {
      ...batch.select(rows),
      count: rows.length,
      learningRate: state.schedule.learningRate,
      inferenceMode: about.inferenceMode,
    };
    const { loss, correct } = await withinStepLimit(session, () => session.trainStep(given));
    state.schedule.batchDone();
    span.setAttributes({ [attr.loss]: loss });
    state.recordStepTrace(span.traceparent);
    state.progress.recordStep({
      samples: rows.length,
      lossSum: loss * rows.length,
      correct,
      waitedMs: about.waitedMs,
      computeMs: performance.now() - about.startedAtMs,
    });
  });
}
