import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_GATE_POLICY, isSignificantlyWorse, judge, pairOutcomes, type GateAnswers } from '#libs/evaluation';

const classNames = ['glioma', 'meningioma'];
const labels = Array.from({ length: 200 }, (_, index) => index % 2);

/** Answers that are wrong at the given places. */
const answers = (wrong: readonly number[], overrides: Partial<GateAnswers> = {}): GateAnswers => ({
  version: 'main-000001',
  predicted: labels.map((label, index) => (wrong.includes(index) ? 1 - label : label)),
  loss: 0.5,
  calibrationError: 0.05,
  ...overrides,
});

const places = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index);

describe('the gate', () => {
  it('promotes a candidate that is better by more than chance, with the figures in a sentence', () => {
    const verdict = judge(labels, answers(places(10)), answers(places(30)), { classNames });
    assert.equal(verdict.promote, true);
    assert.match(verdict.reason, /^better: 95\.0 % right of 200 against 85\.0 % of main-000001: \+10\.0 points/);
  });

  it('keeps the champion when the candidate is better by no more than chance explains', () => {
    const verdict = judge(labels, answers(places(28)), answers(places(30)), { classNames });
    assert.equal(verdict.promote, false);
    assert.match(verdict.reason, /^not better by more than chance/);
  });

  it('a lower loss decides nothing', () => {
    const verdict = judge(labels, answers(places(30), { loss: 0.01 }), answers(places(30), { loss: 3 }), {
      classNames,
    });
    assert.equal(verdict.promote, false);
  });

  it('a loss that is no number is an error, whoever it belongs to', () => {
    for (const pair of [
      [answers([], { loss: NaN }), answers(places(30))],
      [answers([]), answers(places(30), { loss: Infinity })],
      [answers([], { loss: NaN }), undefined],
    ] as const) {
      assert.throws(() => judge(labels, pair[0], pair[1], { classNames }), { code: 'MODEL_INVALID' });
    }
  });

  it('says how many samples are missing', () => {
    const few = labels.slice(0, 66);
    const shortened = (whole: GateAnswers): GateAnswers => ({ ...whole, predicted: whole.predicted.slice(0, 66) });
    const verdict = judge(few, shortened(answers([])), shortened(answers(places(30))), { classNames });
    assert.equal(verdict.missingSamples, 34);
    assert.match(verdict.reason, /too few samples: 34 more needed/);
  });

  it('refuses a candidate that gives one answer to everything', () => {
    const constant = answers([], { predicted: labels.map(() => 0) });
    const worse = answers(
      labels
        .flatMap((label, index) => (label === 0 ? [index] : []))
        .slice(0, 60)
        .concat(labels.flatMap((label, index) => (label === 1 ? [index] : []))),
    );
    const verdict = judge(labels, constant, worse, { classNames });
    assert.equal(verdict.promote, false);
    assert.match(verdict.reason, /answers glioma to everything/);
  });

  it('refuses a candidate that is better at the cost of one class, and names the class', () => {
    const [even, odd] = [0, 1].map((rest) => places(200).filter((index) => index % 2 === rest));
    const candidate = answers(odd!.slice(0, 20));
    const champion = answers([...even!.slice(0, 60), ...odd!.slice(0, 4)]);
    const verdict = judge(labels, candidate, champion, { classNames });
    assert.equal(verdict.promote, false);
    assert.match(verdict.reason, /meningioma loses 16\.0 %/);
  });

  it('refuses a candidate whose probabilities can be trusted less', () => {
    const verdict = judge(labels, answers(places(10), { calibrationError: 0.2 }), answers(places(30)), { classNames });
    assert.equal(verdict.promote, false);
    assert.match(verdict.reason, /calibration error is 15\.0 % higher/);
  });

  it('counts the looks at a set, and takes the first version when there is no champion', () => {
    assert.match(judge(labels, answers([]), answers([]), { classNames, looks: 6 }).reason, /look 7 at this set/);
    assert.match(
      judge(labels.slice(0, 5), { ...answers([]), predicted: labels.slice(0, 5) }, undefined, { classNames }).reason,
      /no champion yet/,
    );
  });

  it('a learner returns only when it is worse by more than chance explains', () => {
    const right = labels.map(() => true);
    const slightly = right.map((_, index) => index > 2);
    const clearly = right.map((_, index) => index > 8);
    assert.equal(isSignificantlyWorse(pairOutcomes(slightly, right)), false);
    assert.equal(isSignificantlyWorse(pairOutcomes(clearly, right)), true);
    assert.equal(DEFAULT_GATE_POLICY.minimumSamples, 100);
  });
});
