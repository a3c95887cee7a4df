import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LearningRateSchedule, type ScheduleConfig } from '#libs/nn';
import { readFixture } from './_compare.js';

const torch = readFixture<{ step: number[]; cosine: number[]; losses: number[]; plateau: number[] }>('schedules');
const BASE_RATE = 0.1;

/** The rates before each step; the schedule is stored and restored in between, as at every checkpoint. */
function rates(
  config: ScheduleConfig | undefined,
  count: number,
  advance: (schedule: LearningRateSchedule, index: number) => void,
): number[] {
  let schedule = new LearningRateSchedule(config, BASE_RATE);
  return Array.from({ length: count }, (_, index) => {
    const rate = schedule.learningRate;
    advance(schedule, index);
    schedule = new LearningRateSchedule(
      config,
      BASE_RATE,
      JSON.parse(JSON.stringify(schedule.toRecord())) as ReturnType<LearningRateSchedule['toRecord']>,
    );
    return rate;
  });
}

function assertRates(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [index, rate] of expected.entries())
    assert.ok(
      Math.abs(actual[index]! - rate) <= 1e-12 + 1e-9 * rate,
      `step ${index}: ${actual[index]} instead of ${rate}`,
    );
}

describe('learning rate schedules', () => {
  it("step is torch's StepLR, by epochs or by batches", () => {
    assertRates(
      rates({ name: 'step', every: 'epoch', stepSize: 7, factor: 0.1 }, 30, (schedule) => schedule.epochDone()),
      torch.step,
    );
    assertRates(
      rates({ name: 'step', every: 'batch', stepSize: 7, factor: 0.1 }, 30, (schedule) => schedule.batchDone()),
      torch.step,
    );
    assert.deepEqual(
      new Set(
        rates({ name: 'step', every: 'epoch', stepSize: 7, factor: 0.1 }, 30, (schedule) => schedule.batchDone()),
      ),
      new Set([BASE_RATE]),
    );
  });

  it("cosine is torch's CosineAnnealingLR, and stays at its minimum", () => {
    const config = { name: 'cosine', every: 'batch', length: 12, minimumLearningRate: 0.01 } as const;
    assertRates(
      rates(config, 13, (schedule) => schedule.batchDone()),
      torch.cosine,
    );
    assert.equal(rates(config, 20, (schedule) => schedule.batchDone()).at(-1), 0.01);
  });

  it("reduceOnPlateau is torch's ReduceLROnPlateau", () => {
    const config = { name: 'reduceOnPlateau', factor: 0.5, patience: 2, minimumLearningRate: 0.02 } as const;
    assertRates(
      rates(config, torch.losses.length, (schedule, index) => schedule.validated(torch.losses[index]!)),
      torch.plateau,
    );
  });

  it('without a schedule the rate stays, and new data start a schedule anew', () => {
    assert.deepEqual(
      rates(undefined, 2, (schedule) => schedule.epochDone()),
      [BASE_RATE, BASE_RATE],
    );
    const schedule = new LearningRateSchedule({ name: 'step', every: 'epoch', stepSize: 1, factor: 0.1 }, BASE_RATE);
    schedule.epochDone();
    assert.notEqual(schedule.learningRate, BASE_RATE);
    schedule.restart();
    assert.equal(schedule.learningRate, BASE_RATE);
  });
});
