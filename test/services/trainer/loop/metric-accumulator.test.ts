import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MetricAccumulator } from '../../../../services/trainer/loop/metric-accumulator.js';

describe('MetricAccumulator', () => {
  it('gives the mean cross-entropy and accuracy of the answers', () => {
    const accumulator = new MetricAccumulator();
    accumulator.add(Float32Array.of(0.5, 0.25, 0.25), Int32Array.of(0), 3);
    accumulator.add(Float32Array.of(0.5, 0.25, 0.25, 0.125, 0.125, 0.75), Int32Array.of(1, 2), 3);
    const metrics = accumulator.metrics()!;
    // -(ln 1/2 + ln 1/4 + ln 3/4) / 3
    assert.ok(Math.abs(metrics.loss - (Math.log(2) + Math.log(4) + Math.log(4 / 3)) / 3) < 1e-9);
    assert.equal(metrics.accuracy, 2 / 3);
    assert.equal(metrics.samples, 3);
  });

  it('takes the first class of equal answers, so a constant answer earns nothing', () => {
    const accumulator = new MetricAccumulator();
    accumulator.add(Float32Array.of(0.5, 0.5, 0.5, 0.5), Int32Array.of(0, 1), 2);
    assert.equal(accumulator.metrics()!.accuracy, 0.5);
  });

  it('names the class that everything is predicted as, unless everything is of it', () => {
    const notumor = Float32Array.of(0.1, 0.2, 0.7, 0.3, 0.3, 0.4);
    const accumulator = new MetricAccumulator();
    accumulator.add(notumor, Int32Array.of(2, 2), 3);
    assert.equal(accumulator.metrics()!.onlyPredicted, undefined);
    accumulator.add(notumor, Int32Array.of(0, 2), 3);
    assert.equal(accumulator.metrics()!.onlyPredicted, 2);
    accumulator.add(Float32Array.of(0.8, 0.1, 0.1), Int32Array.of(1), 3);
    assert.equal(accumulator.metrics()!.onlyPredicted, undefined);
  });
});
