import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_GATE_POLICY } from '#libs/evaluation';
import { figuresOf, type AnsweredModel } from '../../../../services/trainer/gate/figures.js';
import type { HeldOutSample } from '../../../../services/trainer/gate/held-out.js';
import { incomparable, reachVerdict, type Opponent } from '../../../../services/trainer/gate/verdict.js';

const CLASSES = ['a', 'b', 'c'];

/** 200 samples of each of the classes. */
const samplesOf = (classIndices: readonly number[]): HeldOutSample[] =>
  classIndices.flatMap((classIndex) =>
    Array.from({ length: 200 }, (_, index) => ({
      scanSequence: classIndex * 200 + index + 1,
      sampleId: `${classIndex}-${index}`,
      split: 'SPLIT_GATE' as const,
      classIndex,
    })),
  );

/** A model that is as sure as told, by default by 70 %, of the class it is told to answer. */
function model(
  name: string,
  classes: readonly string[],
  samples: readonly HeldOutSample[],
  answer: (sample: HeldOutSample, index: number) => string,
  sureness = 0.7,
): AnsweredModel & { unproven: boolean } {
  const answers = new Map(
    samples.map((sample, index) => {
      const said = answer(sample, index);
      const rest = (1 - sureness) / (classes.length - 1);
      return [sample.scanSequence, Float32Array.from(classes, (className) => (className === said ? sureness : rest))];
    }),
  );
  return { name, classes, temperature: 1, unproven: false, answers };
}

const truth = ({ classIndex }: HeldOutSample): string => CLASSES[classIndex]!;
const wrongEvery =
  (n: number) =>
  (sample: HeldOutSample, index: number): string =>
    index % n === 0 ? CLASSES[(sample.classIndex + 1) % 2]! : truth(sample);

const options = { classes: CLASSES, looks: 3, policy: DEFAULT_GATE_POLICY };
const decide = (samples: HeldOutSample[], candidate: AnsweredModel, opponent?: Opponent) =>
  reachVerdict(samples, figuresOf(samples, candidate, CLASSES), opponent, options);

describe('figures of answers', () => {
  it('are those of the classes by name, whatever their order; loss and calibration of the classes it knows', () => {
    const samples = samplesOf([0, 1, 2]);
    const own = figuresOf(
      samples,
      model('m', ['b', 'a'], samples, () => 'a'),
      CLASSES,
    );
    assert.deepEqual(new Set(own.predicted), new Set([0]));
    assert.equal(own.accuracy, 1 / 3);
    // 200 times -ln 0.7 and 200 times -ln 0.3; sure by 0.7 of what is right in one half.
    assert.ok(Math.abs(own.loss + (Math.log(0.7) + Math.log(0.3)) / 2) < 1e-6);
    assert.ok(Math.abs(own.calibrationError - 0.2) < 1e-6);
  });
});

describe('a verdict', () => {
  const samples = samplesOf([0, 1]);
  const candidate = model('new', CLASSES, samples, truth, 0.97);
  const champion = model('main-000001', ['b', 'a'], samples, wrongEvery(5));

  it('promotes what is better by its own class list, and counts the looks', () => {
    const { promote, undecided, reason } = decide(samples, candidate, champion);
    assert.deepEqual([promote, undecided], [true, false]);
    assert.match(reason, /^better: 100\.0 % right of 400 against 80\.0 % of main-000001: .*look 4 at this set$/);
  });

  it('of a candidate that knows more: the champion errs on what it does not know, and that counts', () => {
    const all = samplesOf([0, 1, 2]);
    const { promote, reason } = decide(
      all,
      model('new', CLASSES, all, truth),
      model('main-000001', ['a', 'b'], all, (sample) => (sample.classIndex === 2 ? 'a' : truth(sample))),
    );
    assert.equal(promote, true);
    assert.match(reason, /against 66\.7 % of main-000001: .*; 200 samples are of classes that it does not know \(c\)$/);
  });

  it('of a candidate that knows more and got worse on what both know: it is not promoted', () => {
    const all = samplesOf([0, 1, 2]);
    const { promote, undecided, reason } = decide(
      all,
      // A fortieth of the old classes is lost: less than a class may lose, more than chance.
      model('new', CLASSES, all, (sample, index) => (sample.classIndex < 2 && index % 40 === 0 ? 'c' : truth(sample))),
      model('main-000001', ['a', 'b'], all, (sample) => (sample.classIndex === 2 ? 'a' : truth(sample))),
    );
    assert.deepEqual([promote, undecided], [false, false]);
    assert.match(reason, /^worse on the classes that main-000001 knows; over all better: /);
  });

  it('of a champion that answers one class too often protects it, unless it was taken for want of any other', () => {
    const fond = model('main-000001', CLASSES, samples, (sample, index) => (index % 3 === 0 ? 'a' : truth(sample)));
    // Better over all, and a tenth of the class is lost that the champion never misses.
    const better = model('new', CLASSES, samples, (sample, index) =>
      sample.classIndex === 0 && index % 10 === 0 ? 'b' : truth(sample),
    );
    const { promote, reason } = decide(samples, better, fond);
    assert.equal(promote, false);
    assert.match(reason, /^better, but a loses 10\.0 %: /);
    const beside = decide(samples, better, { ...fond, unproven: true });
    assert.equal(beside.promote, true);
    assert.match(beside.reason, /^better: 95\.0 % right of 400 against 83\.3 % of main-000001/);
  });

  it('leaves what cannot be compared to people, and says why and how', () => {
    const nan = {
      ...champion,
      answers: new Map(samples.map(({ scanSequence }) => [scanSequence, Float32Array.of(NaN, NaN)])),
    };
    const cases: [Opponent, RegExp][] = [
      [{ name: 'main-000001', unusable: 'it cannot be loaded' }, /: it cannot be loaded; .*sulcus promote/],
      [nan, /not compared with main-000001: its answers are not finite numbers; .*sulcus promote/],
      [{ ...champion, classes: ['d', 'e'] }, /none of the samples is of a class that it knows/],
    ];
    for (const [opponent, expected] of cases) {
      const { promote, undecided, reason } = decide(samples, candidate, opponent);
      assert.deepEqual([promote, undecided], [false, true]);
      assert.match(reason, expected);
    }
    const few = samples.slice(0, 66);
    const { missingSamples, undecided, reason } = decide(few, candidate, champion);
    assert.deepEqual([missingSamples, undecided], [34, true]);
    assert.match(reason, /too few samples: 34 more needed \(66 of 100\); .*sulcus promote/);
  });

  it('a candidate whose figures are no numbers is an error, whoever stands beside it', () => {
    const nan = {
      ...candidate,
      answers: new Map(samples.map(({ scanSequence }) => [scanSequence, Float32Array.of(NaN, NaN, NaN)])),
    };
    for (const opponent of [undefined, champion, { name: 'main-000001', unusable: 'it cannot be loaded' }])
      assert.throws(() => decide(samples, nan, opponent), { code: 'MODEL_INVALID' });
  });

  it('when no image could be prepared: the first version is taken, no other', () => {
    assert.deepEqual(
      [undefined, champion].map((opponent) => {
        const { promote, undecided } = reachVerdict([], undefined, opponent, options);
        return [promote, undecided];
      }),
      [
        [true, false],
        [false, true],
      ],
    );
  });
});

it('class lists can be compared when the candidate knows all that the champion answers', () => {
  assert.equal(incomparable(['b', 'a', 'c'], ['a', 'b']), undefined);
  assert.equal(incomparable(['a', 'b'], ['a', 'c', 'd']), 'its classes are a, c, d, and this run does not know c, d');
});
