import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compare, samePlaces } from '../../../scripts/laboratory/compare.js';
import { isPipelineKind, type FaultKind } from '../../../scripts/laboratory/faults/fault.js';
import { FAULT_KINDS } from '../../../scripts/laboratory/faults/kinds.js';
import type { Findings } from '../../../scripts/laboratory/findings.js';
import type { RoundOutcome } from '../../../scripts/laboratory/outcome.js';
import { summarise } from '../../../scripts/laboratory/report.js';
import { drawFaults, type DrawnFault } from '../../../scripts/laboratory/schedule.js';

const CALM: Findings = {
  scans: ['a', 'b', 'c'],
  places: { a: 1, b: 2, c: 3 },
  archived: ['d'],
  trainingSamples: 3,
  versions: { 'run-000001': 'one', 'run-000002': 'two' },
  checkpoint: { weights: 'w', optimizer: 'o' },
  appliedRows: 3,
  samples: 6,
  steps: 2,
  leftover: { BATCHES: 0, BATCH_REQUESTS: 0 },
  deadLetters: 0,
};

const PIPELINE_KINDS = FAULT_KINDS.filter(isPipelineKind);

const countsOf = (changes: Partial<Findings>, sameArrivals = true): number[] => {
  const { lost, doubled, wrong } = compare({ ...CALM, ...changes }, CALM, sameArrivals);
  return [lost, doubled, wrong];
};

describe('the verdict on a round', () => {
  it('is clean for what a run left alone gives, wherever its samples are by now', () => {
    assert.deepEqual(countsOf({}), [0, 0, 0]);
    assert.deepEqual(countsOf({ scans: ['a', 'b'], archived: ['c', 'd'], trainingSamples: 3 }), [0, 0, 0]);
  });

  it('counts images that are nowhere, and training images without effect, as lost', () => {
    assert.deepEqual(countsOf({ scans: ['a', 'b'] }), [1, 0, 0]);
    assert.deepEqual(countsOf({ appliedRows: 1 }), [2, 0, 0]);
  });

  it('counts images that are stored twice, and rows learned twice, as doubled', () => {
    assert.deepEqual(countsOf({ scans: ['a', 'b', 'c', 'c'] }), [0, 1, 0]);
    assert.deepEqual(countsOf({ appliedRows: 5 }), [0, 2, 0]);
  });

  it('counts every version and tensor whose bits differ, that is missing or one more, as wrong', () => {
    assert.deepEqual(countsOf({ versions: { 'run-000001': 'one', 'run-000002': 'other' } }), [0, 0, 1]);
    assert.deepEqual(countsOf({ versions: { 'run-000001': 'one' } }), [0, 0, 1]);
    assert.deepEqual(countsOf({ versions: { ...CALM.versions, 'run-000003': 'three' } }), [0, 0, 1]);
    assert.deepEqual(countsOf({ checkpoint: { weights: 'x', optimizer: 'o' }, steps: 3 }), [0, 0, 2]);
  });

  it('says when messages are left that nobody takes', () => {
    const { sentences } = compare({ ...CALM, leftover: { BATCHES: 2, BATCH_REQUESTS: 0 } }, CALM, true);
    assert.deepEqual(sentences, ['2 messages are left on BATCHES']);
  });

  it('compares bits only where every sample has its place: one that moved gives another order', () => {
    assert.equal(samePlaces(CALM, { ...CALM, places: { a: 1, b: 2 } }), true);
    assert.equal(samePlaces(CALM, { ...CALM, places: { a: 2, b: 3, c: 4 } }), false);
  });

  it('does not ask for equal weights where training began with other images', () => {
    assert.deepEqual(countsOf({ checkpoint: {}, versions: {} }, false), [0, 0, 0]);
  });
});

describe('the faults of a round', () => {
  const drawn = (first: FaultKind, seed: number): DrawnFault[] =>
    drawFaults({ first, kinds: PIPELINE_KINDS, turn: seed }, seed, {});
  const named = (seed: number): string[] =>
    drawn(PIPELINE_KINDS[0]!, seed).map(({ kind, target, when }) => `${kind} ${target} ${JSON.stringify(when)}`);

  it('are a function of the seed', () => {
    assert.deepEqual(named(7), named(7));
    assert.notDeepEqual(named(7), named(8));
  });

  it('hold the kind that the round is made for, whatever is drawn beside it', () => {
    for (const [seed, kind] of PIPELINE_KINDS.entries())
      assert.ok(drawn(kind, seed).some((fault) => fault.kind === kind.name));
  });

  it('are as many as the command line says', () => {
    const plan = { first: PIPELINE_KINDS[0]!, kinds: PIPELINE_KINDS, turn: 0 };
    for (const faults of [1, 6]) assert.equal(drawFaults(plan, 3, { faults }).length, faults);
  });

  it('fill the disk at each of its five moments within five rounds', () => {
    const first = PIPELINE_KINDS.find(({ name }) => name === 'disk-full')!;
    const moments = [0, 1, 2, 3, 4].map((turn) => {
      const [fault] = drawFaults({ first, kinds: [first], turn }, turn, { faults: 1 });
      return fault!.when.moment ?? 'any';
    });
    assert.deepEqual(moments.sort(), [
      'any',
      'archiving a scan',
      'publishing a version',
      'storing a checkpoint',
      'storing a scan',
    ]);
  });

  it('of the import come before those of the training', () => {
    for (let seed = 0; seed < 200; seed++) {
      const phases = drawn(PIPELINE_KINDS[seed % PIPELINE_KINDS.length]!, seed).map(({ when }) => when.phase);
      assert.deepEqual(phases, [...phases].sort(), `seed ${seed}`);
    }
  });
});

describe('the summary of rounds', () => {
  const round = (
    seed: number,
    kinds: string[],
    seconds: number[],
    changes: Partial<RoundOutcome> = {},
  ): RoundOutcome => ({
    seed,
    faults: kinds.map((kind, place) => ({ kind, target: 'trainer', recoverySeconds: seconds[place] })),
    lost: 0,
    doubled: 0,
    wrong: 0,
    hung: false,
    requests: 10,
    failedPredictions: 0,
    isCompared: true,
    seconds: 20,
    problems: [],
    ...changes,
  });

  it('counts faults, sums what went wrong, takes median and maximum of the recoveries, by kind and over all', () => {
    const rounds = [
      round(1, ['kill', 'kill', 'pause'], [1, 3, 2]),
      round(2, ['kill'], [5], { lost: 2, hung: true, isCompared: false }),
    ];
    const { recoverySeconds, byFault, faults, lost, hung, compared } = summarise(rounds, {});
    assert.deepEqual([faults, lost, hung, compared], [4, 2, 1, 1]);
    assert.deepEqual(recoverySeconds, { p50: 3, max: 5 });
    assert.deepEqual(byFault['kill']?.recoverySeconds, { p50: 3, max: 5 });
    assert.deepEqual([byFault['pause']?.lost, byFault['kill']?.lost, byFault['kill']?.hung], [0, 2, 1]);
  });
});
