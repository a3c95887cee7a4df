import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SeedResult } from '../../scripts/simulate/learning/measure.js';
import { SCENARIOS, scenarioOf } from '../../scripts/simulate/learning/scenarios.js';
import { missedTargets } from '../../scripts/simulate/learning/targets.js';

const SIZE = { arrivals: 120, tests: 16 };

describe('the streams that learning is measured on', () => {
  for (const name of SCENARIOS) {
    const { arrivals, tests } = scenarioOf(name, SIZE, 1);
    const patientsOf = (split: string): Set<string> =>
      new Set(arrivals.filter((a) => a.split === split).map(({ picture: p }) => `${p.classIndex}/${p.patient}`));

    it(`${name}: no patient is on two sides`, () => {
      const [train, gate] = [patientsOf('SPLIT_TRAIN'), patientsOf('SPLIT_GATE')];
      const test = [...tests.old, ...(tests.new ?? [])].map(({ classIndex, patient }) => `${classIndex}/${patient}`);
      assert.ok(train.size > 0 && gate.size > 0 && test.length > 0);
      assert.deepEqual(
        [...train].filter((patient) => gate.has(patient) || test.includes(patient)),
        [],
      );
      assert.deepEqual(
        [...gate].filter((patient) => test.includes(patient)),
        [],
      );
    });

    it(`${name}: what is new comes in the last third alone, and is tested apart`, () => {
      const first = arrivals.findIndex(({ isNew }) => isNew);
      const comesLate = first >= Math.floor((arrivals.length * 2) / 3) - 1;
      assert.equal(tests.new !== undefined, first >= 0);
      assert.ok(first < 0 || comesLate, `the first of ${arrivals.length} is ${first}`);
    });
  }

  it('labels are wrong where that is measured, and only in training', () => {
    const wrong = (name: 'stationary' | 'label-noise'): string[] =>
      scenarioOf(name, SIZE, 1).arrivals.flatMap(({ picture, classIndex, split }) =>
        picture.classIndex === classIndex ? [] : [split],
      );
    assert.deepEqual(wrong('stationary'), []);
    assert.ok(wrong('label-noise').length > 4);
    assert.ok(wrong('label-noise').every((split) => split === 'SPLIT_TRAIN'));
  });
});

describe('the targets of learning from a stream', () => {
  const result = (seed: number, old: number, stratum?: 'all'): SeedResult => ({
    seed,
    stream: {
      accuracies: { old, new: 60 },
      before: { old: 80, new: 20 },
      sampleStepsPerArrival: 16,
      alarms: stratum ? [{ stratum, samplesAfter: 20, ownSamplesAfter: 20 }] : [],
      promotions: 1,
      returns: 0,
    },
    offline: { old: 80, new: 65 },
  });

  it('one is missed when the mean is beyond it by more than its standard error', () => {
    assert.deepEqual(missedTargets({ scenario: 'drift', seeds: [result(1, 79, 'all'), result(2, 77.5, 'all')] }), []);
    const missed = missedTargets({ scenario: 'drift', seeds: [result(1, 75, 'all'), result(2, 76, 'all')] });
    assert.match(missed.join(), /old kind: below its value before the change by 4\.5 points/);
  });

  it('an alarm that is not given is missed, seed by seed', () => {
    const missed = missedTargets({ scenario: 'drift', seeds: [result(1, 80, 'all'), result(2, 80)] });
    assert.deepEqual(missed, ['drift: no alarm of the detector "all" with seed 2']);
  });
});
