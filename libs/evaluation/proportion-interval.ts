import { normalQuantile } from './paired-test.js';

/**
 * Confidence interval of a share by Wilson's score method.
 * Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22.
 *
 * @param successes of `count` trials
 * @param confidence 0 to 1, both excluded; default 0.95
 * @returns bounds in [0, 1]; [0, 1] when there are no trials
 */
export function wilsonInterval(successes: number, count: number, confidence = 0.95): [low: number, high: number] {
  if (count === 0) return [0, 1];
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const share = successes / count;
  const centre = share + z ** 2 / (2 * count);
  const half = z * Math.sqrt((share * (1 - share)) / count + (z / (2 * count)) ** 2);
  const scale = 1 + z ** 2 / count;
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)];
}
