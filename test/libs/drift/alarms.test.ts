import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CalibrationWatch, ConstantAnswers } from '#libs/drift';
import { createRandom } from '#libs/random';

/** Alarms of answers that are given with a probability and are right as often as `accuracy`. */
function alarms(watch: CalibrationWatch, count: number, probability: number, accuracy: number, seed: string): number {
  const random = createRandom(seed);
  let raised = 0;
  for (let answer = 0; answer < count; answer++) if (watch.add(probability, random.uniform(0, 1) < accuracy)) raised++;
  return raised;
}

it('answers that are right as often as they say raise no alarm in 100,000', () => {
  const raised = [0.6, 0.8, 0.95].map((share) => alarms(new CalibrationWatch(), 100_000, share, share, `${share}`));
  assert.deepEqual(raised, [0, 0, 0]);
});

it('answers that say 95 % and are right in 75 % raise one alarm, and another after they were right again', () => {
  const watch = new CalibrationWatch();
  assert.equal(alarms(watch, 2000, 0.95, 0.75, 'over'), 1);
  assert.equal(alarms(watch, 2000, 0.95, 0.95, 'right'), 0);
  assert.equal(alarms(watch, 2000, 0.95, 0.75, 'again'), 1);
});

it('a stored watch goes on like one that never stopped', () => {
  const whole = new CalibrationWatch();
  alarms(whole, 700, 0.9, 0.6, 'first');
  const stored = new CalibrationWatch(structuredClone(whole.toRecord()));
  assert.equal(alarms(stored, 700, 0.9, 0.9, 'second'), alarms(whole, 700, 0.9, 0.9, 'second'));
  assert.deepEqual(stored.toRecord(), whole.toRecord());
});

it('one answer to 200 images in a row is told once; another answer between them begins anew', () => {
  const watch = new ConstantAnswers();
  let images = 0;
  const told = (answer: string, count: number): number =>
    Array.from({ length: count }, () => watch.add(answer, `image ${images++}`)).filter(Boolean).length;
  assert.equal(told('glioma', 199), 0);
  assert.equal(told('notumor', 1), 0);
  assert.equal(told('glioma', 1000), 1);
});

it('the same image asked about again and again is no alarm', () => {
  const watch = new ConstantAnswers();
  assert.ok(
    Array.from({ length: 1000 }, (_, request) => watch.add('glioma', `image ${request % 20}`)).every((told) => !told),
  );
});
