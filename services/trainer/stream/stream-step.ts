import { SulcusError } from '#libs/errors';
import { attr, withSpan } from '#libs/telemetry';
import type { DeliveredBatch } from '../data/batch-exchange.js';
import { openBatch } from '../data/open-batch.js';
import { withinStepLimit } from '../loop/step-limit.js';
import { raiseAlarms } from './raise-alarms.js';
import type { StepBatch } from './stream-batch.js';
import type { StreamParts } from './stream-parts.js';

/** Steps in a row that may be refused before training goes back to the averaged weights. */
const MAX_REFUSED = 5;

/**
 * Takes a step on new and replayed samples and records that they had their effect. A step whose loss is no finite
 * number changes nothing and is passed over; after several in a row the last good state, the averaged weights, is gone
 * back to. The batch is held until a checkpoint contains its effect.
 *
 * @throws MODEL_INVALID when the averaged weights give no finite loss either
 */
export async function trainStreamStep(parts: StreamParts, delivered: DeliveredBatch<StepBatch>): Promise<void> {
  const { state, plan, prequential, lineage, held, events } = parts;
  const { requested, delivery } = delivered;
  const isLearned = await makeStep(parts, delivered);
  if (isLearned) lineage.add(requested);
  listLearned(parts, delivered, isLearned);
  plan.settle(requested);
  const noticed = prequential.settle(requested.arrivals);
  held.hold(delivery);
  await raiseAlarms(parts, noticed);
  await events.progress(state.progress, 0, state.schedule.learningRate, { arrivals: plan.settled.arrivals });
}

/** Lists the samples that had their effect, and the new ones that had none. */
function listLearned(
  { state, plan }: StreamParts,
  { requested, delivery }: DeliveredBatch<StepBatch>,
  isLearned: boolean,
): void {
  const { learned, identity } = state;
  const arrivals = new Set(requested.arrivals.map(({ scanSequence }) => scanSequence));
  const isFirst = ({ scanSequence, sampleId }: { scanSequence: number; sampleId: string }): boolean =>
    arrivals.has(scanSequence) || (requested.isWarmUp && !plan.settled.hasLearned(sampleId));
  const rows = isLearned ? delivery.message.samples.filter(({ sampleId }) => !plan.isWithdrawn(sampleId)) : [];
  learned?.add(
    rows.map((row) => ({
      sequence: row.scanSequence,
      label: identity.classes[row.classIndex]!,
      isFirst: isFirst(row),
    })),
  );
  const had = new Set(rows.map(({ scanSequence }) => scanSequence));
  const without = requested.samples.filter((sample) => isFirst(sample) && !had.has(sample.scanSequence));
  learned?.putAside(without.map(({ scanSequence }) => scanSequence));
}

/** True when the step was made; false when it was refused, or no sample of it could be prepared. */
async function makeStep(
  parts: StreamParts,
  { requested, delivery, waitedMs }: DeliveredBatch<StepBatch>,
): Promise<boolean> {
  const { bus, network, session, state, counters, plan } = parts;
  const startedAtMs = performance.now();
  const batch = await openBatch(bus, delivery.message, network.input);
  const rows = delivery.message.samples.flatMap(({ sampleId }, row) => (plan.isWithdrawn(sampleId) ? [] : [row]));
  const count = rows.length;
  if (count === 0) return false;
  const links = delivery.traceparent === undefined ? [] : [{ traceparent: delivery.traceparent }];
  const attributes = { [attr.run]: state.identity.run, [attr.step]: requested.step };
  return withSpan('train step', { root: true, links, attributes }, async (span) => {
    try {
      const given = { ...batch.select(rows), count, learningRate: state.schedule.learningRate };
      const { loss, correct } = await withinStepLimit(session, () => session.trainStep(given));
      counters.refusedSteps = 0;
      state.schedule.batchDone();
      span.setAttributes({ [attr.loss]: loss });
      state.recordStepTrace(span.traceparent);
      const computeMs = performance.now() - startedAtMs;
      state.progress.recordStep({ samples: count, lossSum: loss * count, correct, waitedMs, computeMs });
      return true;
    } catch (error) {
      if (SulcusError.from(error).details['reason'] !== 'non-finite-loss') throw error;
      await refuse(parts, requested, error);
      return false;
    }
  });
}

async function refuse(
  { session, state, counters, events }: StreamParts,
  { step }: StepBatch,
  cause: unknown,
): Promise<void> {
  counters.refusedSteps++;
  if (counters.refusedSteps > 2 * MAX_REFUSED) throw cause;
  state.progress.step++;
  if (counters.refusedSteps !== MAX_REFUSED) {
    await events.refused(step, 'its loss is no finite number: the weights stay as they are');
    return;
  }
  await session.writeState({ weights: await session.readAverage() });
  await events.refused(step, `${MAX_REFUSED} in a row: training goes on from the averaged weights`);
}
