import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  CALIBRATION_MIN_SAMPLES,
  expectedCalibrationError,
  fitTemperature,
  LabelledProbabilities,
  negativeLogLikelihood,
  temperatureScaled,
} from '#libs/calibration';
import { createRandom } from '#libs/random';

interface Reference {
  name: string;
  /** Axes [row, class]. */
  logits: number[][];
  labels: number[];
  temperature: number;
  nllBefore: number;
  nllAfter: number;
  eceBefore: number;
  eceAfter: number;
}

/** Made by scripts/fixtures/calibration_torch.py. */
const references = JSON.parse(
  readFileSync(new URL('../../fixtures/calibration/temperature.json', import.meta.url), 'utf8'),
) as Reference[];

const softmax = (logits: readonly number[], temperature = 1): Float32Array => {
  const weights = logits.map((value) => Math.exp(value / temperature));
  const sum = weights.reduce((total, value) => total + value, 0);
  return Float32Array.from(weights, (value) => value / sum);
};

function answersOf(logits: readonly (readonly number[])[], labels: readonly number[]): LabelledProbabilities {
  const answers = new LabelledProbabilities(logits[0]!.length);
  answers.add(Float32Array.from(logits.flatMap((row) => [...softmax(row)])), Int32Array.from(labels));
  return answers;
}

const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);

describe('temperatureScaled', () => {
  it('gives softmax(z / T) from the probabilities alone', () => {
    const logits = [2, -1, 0.5, 3];
    for (const temperature of [0.3, 1, 1.7, 12]) {
      const scaled = temperatureScaled(softmax(logits), temperature);
      softmax(logits, temperature).forEach((expected, index) => near(scaled[index]!, expected, 1e-6));
    }
  });

  it('of (0.8, 0.2) at temperature 2 gives (2/3, 1/3): the roots of 4 and 1', () => {
    const [first, second] = temperatureScaled(Float32Array.of(0.8, 0.2), 2);
    near(first!, 2 / 3, 1e-6);
    near(second!, 1 / 3, 1e-6);
  });

  it('takes a probability of zero', () => {
    assert.ok(temperatureScaled(Float32Array.of(1, 0), 3).every(Number.isFinite));
  });
});

describe('fitTemperature', () => {
  for (const { name, logits, labels, ...expected } of references) {
    it(`finds what PyTorch's L-BFGS finds: ${name}`, () => {
      const calibration = fitTemperature(answersOf(logits, labels));
      near(calibration.temperature / expected.temperature, 1, 1e-4);
      for (const figure of ['nllBefore', 'nllAfter', 'eceBefore', 'eceAfter'] as const)
        near(calibration[figure], expected[figure], 1e-5);
      assert.equal(calibration.samples, labels.length);
      assert.equal(calibration.reason, undefined);
    });
  }

  it('never raises the cross-entropy on the samples it was fitted on, and changes no leading class', () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = createRandom(seed, 'calibration');
      const [classes, spread] = [random.integer(2, 6), random.uniform(0.1, 8)];
      const logits = Array.from({ length: 80 }, () =>
        Array.from({ length: classes }, () => random.uniform(-spread, spread)),
      );
      const labels = logits.map((row) =>
        random.chance(0.6) ? row.indexOf(Math.max(...row)) : random.integer(0, classes - 1),
      );
      const answers = answersOf(logits, labels);
      const { temperature, nllBefore, nllAfter } = fitTemperature(answers);
      assert.ok(nllAfter <= nllBefore, `seed ${seed}`);
      near(negativeLogLikelihood(answers, temperature), nllAfter, 1e-12);
      for (const { probabilities } of answers) {
        const scaled = temperatureScaled(probabilities, temperature);
        assert.equal(scaled.indexOf(Math.max(...scaled)), probabilities.indexOf(Math.max(...probabilities)));
      }
    }
  });

  it('leaves the temperature at 1 and says why: too few samples, all answered right, nothing to tell apart', () => {
    const rows = (count: number, row: number[]): number[][] => Array.from({ length: count }, () => row);
    const few = fitTemperature(
      answersOf(rows(CALIBRATION_MIN_SAMPLES - 1, [5, 0]), rows(CALIBRATION_MIN_SAMPLES - 1, [1]).flat()),
    );
    const right = fitTemperature(answersOf(rows(60, [1, 0]), rows(60, [0]).flat()));
    const noise = fitTemperature(
      answersOf(
        rows(60, [4, 0]),
        Array.from({ length: 60 }, (_, index) => index % 2),
      ),
    );
    assert.match(few.reason!, /49 samples are too few/);
    assert.match(right.reason!, /no limit to certainty/);
    assert.match(noise.reason!, /say nothing/);
    for (const { temperature, nllBefore, nllAfter } of [few, right, noise]) {
      assert.equal(temperature, 1);
      assert.equal(nllAfter, nllBefore);
    }
    assert.match(fitTemperature(new LabelledProbabilities(3)).reason!, /no samples/);
  });
});

describe('measures', () => {
  it('the calibration error is the distance of certainty from the share that is right', () => {
    const answers = new LabelledProbabilities(2);
    // Four answers of 0.9, three of them right; one of 0.6, wrong: (4·|0.9 - 0.75| + 1·0.6) / 5
    answers.add(Float32Array.of(0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.6, 0.4), Int32Array.of(0, 0, 0, 1, 1));
    near(expectedCalibrationError(answers), (4 * 0.15 + 0.6) / 5, 1e-6);
    near(negativeLogLikelihood(answers), -(3 * Math.log(0.9) + Math.log(0.1) + Math.log(0.4)) / 5, 1e-6);
  });

  it('of more answers than are kept, those kept are drawn from all of them, the same every time', () => {
    const fill = (): number[] => {
      const answers = new LabelledProbabilities(1, 100);
      for (let index = 0; index < 1000; index++) answers.add(Float32Array.of(1), Int32Array.of(index));
      assert.equal(answers.count, 100);
      return Array.from(answers, ({ label }) => label);
    };
    const labels = fill();
    assert.deepEqual(labels, fill());
    assert.ok(labels.filter((label) => label >= 500).length > 25 && labels.filter((label) => label < 500).length > 25);
    assert.equal(new Set(labels).size, 100);
  });
});
