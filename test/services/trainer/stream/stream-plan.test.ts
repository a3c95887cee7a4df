import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { StreamLineage } from '../../../../services/trainer/stream/stream-lineage.js';
import type { StreamEvent } from '../../../../services/trainer/stream/stream-event.js';
import type { PrequentialBatch, StepBatch } from '../../../../services/trainer/stream/stream-batch.js';
import { StreamPlan, type StreamPlanRecord } from '../../../../services/trainer/stream/stream-plan.js';
import { EventsInPieces, labelStored, ReadyEvents, scanStored } from './_events.js';

const SETTINGS = {
  batchSize: 8,
  replayedPerArrival: 3,
  memorySize: 30,
  warmUp: { samples: 20, epochs: 2 },
  averageDecay: 0.98,
  roundArrivals: 16,
  heldOutSize: 10,
  pauseMs: 1000,
  newClassSamples: 0,
};
const MEMORY = { seed: 3, classes: ['left', 'right'], replaySize: 30, heldOutSize: 10 };

const EVENTS: StreamEvent[] = Array.from({ length: 150 }, (_, index) => {
  const sequence = index + 1;
  if (sequence % 11 === 0) return scanStored(sequence, { split: 'SPLIT_VALIDATION' });
  return scanStored(sequence, sequence % 13 === 0 ? { label: '', studyId: 'late' } : {});
});
EVENTS.splice(120, 0, labelStored(1, { studyId: 'late', label: 'right' }));

const planOf = (events: readonly StreamEvent[], steps = 0, record?: StreamPlanRecord): StreamPlan =>
  new StreamPlan(new ReadyEvents(events), SETTINGS, MEMORY, steps, record);

/** Settles up to `count` steps; rounds are begun as soon as they are due. */
function settle(plan: StreamPlan, count: number): StepBatch[] {
  const steps: StepBatch[] = [];
  for (;;) {
    let progressed = false;
    for (const batch of plan.batches()) {
      if (batch.purpose !== 'step') continue;
      progressed = true;
      plan.settle(batch);
      steps.push(batch);
      if (steps.length === count) return steps;
    }
    plan.settleRest();
    if (plan.roundIsDue) plan.beginRound();
    else if (!progressed) return steps;
  }
}

const told = ({ step, samples, arrivals }: StepBatch): string =>
  `${step}: ${samples.map(({ sampleId, classIndex }) => `${sampleId}=${classIndex}`).join(' ')} (${arrivals.length})`;

describe('what is learned next from a stream', () => {
  it('what a checkpoint was given does not change while it is stored', () => {
    const plan = planOf(EVENTS);
    for (let steps = 0; settle(plan, 1).length > 0; steps++) {
      const [record, flight] = [plan.toRecord(), [...plan.batches()]];
      const given = JSON.stringify(record);
      for (const batch of flight) if (batch.purpose === 'step') plan.settle(batch);
      assert.equal(JSON.stringify(record), given, `after ${steps} steps`);
    }
  });

  it('a sample is retained until it has been learned, also when a study gives many at once', () => {
    const plan = planOf(EVENTS);
    let late = 0;
    for (let rounds = 0; rounds < 20; rounds++) {
      for (const batch of plan.batches()) {
        if (batch.purpose !== 'step') continue;
        const { cursor } = plan.settled;
        const retained = new Set(plan.retained());
        for (const { scanSequence, studyId } of batch.arrivals) {
          const labelIsKnown = studyId === '' || cursor.label >= 1;
          if (scanSequence > cursor.scan || !labelIsKnown) continue;
          late++;
          assert.ok(retained.has(scanSequence), `scan ${scanSequence} may leave before step ${batch.step} learns it`);
        }
        plan.settle(batch);
      }
      plan.settleRest();
      if (plan.roundIsDue) plan.beginRound();
    }
    assert.ok(late > 0, 'some are learned after their events were settled');
  });

  const steps = settle(planOf(EVENTS), Infinity);

  it('the first samples come in epochs, then each new one once with those replayed', () => {
    const warmUp = steps.filter(({ isWarmUp }) => isWarmUp);
    assert.equal(warmUp.length, Math.ceil((20 * 2) / 8));
    const rest = steps.slice(warmUp.length);
    assert.ok(rest.every(({ samples, arrivals }) => samples.length === 8 && arrivals.length === 2));
    const learned = rest.flatMap(({ arrivals }) => arrivals.map(({ sampleId }) => sampleId));
    assert.equal(new Set(learned).size, learned.length);
    assert.ok(steps.every(({ samples }) => new Set(samples.map(({ id }) => id)).size === samples.length));
  });

  it('held-out samples are never learned from', () => {
    assert.ok(steps.every(({ samples }) => samples.every(({ split }) => split === 'SPLIT_TRAIN')));
  });

  it('new samples are predicted before any step that has them', () => {
    const plan = planOf(EVENTS);
    const predicted = new Set<string>();
    const isPrequential = (batch: StepBatch | PrequentialBatch): batch is PrequentialBatch =>
      batch.purpose === 'prequential';
    for (let round = 0; round < 20; round++) {
      for (const batch of plan.batches()) {
        if (isPrequential(batch)) for (const { id } of batch.samples) predicted.add(id);
        else {
          assert.ok(batch.arrivals.every(({ id }) => predicted.has(id)));
          plan.settle(batch);
        }
      }
      if (plan.roundIsDue) plan.beginRound();
    }
    assert.ok(predicted.size > 50);
  });

  it('a plan that goes on from a record behind any step plans the same steps', () => {
    for (let stop = 1; stop < steps.length; stop++) {
      const plan = planOf(EVENTS);
      settle(plan, stop);
      const record = structuredClone(plan.toRecord());
      const { cursor } = plan.settled;
      const rest = EVENTS.filter(({ kind, sequence }) => sequence > cursor[kind]);
      const resumed = planOf(rest, stop, record);
      if (resumed.roundIsDue) resumed.beginRound();
      assert.deepEqual(settle(resumed, Infinity).map(told), steps.slice(stop).map(told), `after step ${stop}`);
    }
  });

  it('a trickle, a burst and what is between are learned in the same steps', () => {
    const hashOf = (pieces: number): string => {
      const events = new EventsInPieces(EVENTS, pieces);
      const plan = new StreamPlan(events, SETTINGS, MEMORY, 0);
      const lineage = new StreamLineage();
      do for (const step of settle(plan, Infinity)) lineage.add(step);
      while (events.hasMore());
      return lineage.lineage.ledgerHash;
    };
    const burst = hashOf(EVENTS.length);
    for (const pieces of [1, 2, 3, 7, 16, 50]) assert.equal(hashOf(pieces), burst, `${pieces} at a time`);
  });

  it('a trickle is begun with after a while, and offers no more than what comes is worth', async () => {
    const settings = { ...SETTINGS, warmUp: { samples: 400, epochs: 15 }, roundArrivals: 200, pauseMs: 5 };
    const labelled = Array.from({ length: 300 }, (_, index) => scanStored(index + 1));
    const trickle = new ReadyEvents(labelled.slice(0, 40));
    const plan = new StreamPlan(trickle, settings, MEMORY, 0);
    assert.equal(plan.batches().next().done, true, 'more are waited for at first');
    await sleep(6 * settings.pauseMs + 5);
    assert.equal(plan.batches().next().done, true, 'and while the broker holds more, however slowly it is read');
    trickle.idleMs = 1;
    let [steps, offers] = [0, 0];
    const settleAll = (of: StreamPlan): void => {
      for (const batch of of.batches())
        if (batch.purpose === 'step') {
          steps++;
          of.settle(batch);
        }
      of.settleRest();
      if (of.roundIsDue) {
        offers++;
        of.beginRound();
      }
    };
    settleAll(plan);
    assert.equal(steps, Math.ceil((30 * 15) / 8), 'the first samples are learned in epochs');
    assert.equal(offers, 0);
    for (const event of labelled.slice(40)) {
      trickle.add(event);
      settleAll(plan);
    }
    assert.equal(offers, 1);
  });
});
