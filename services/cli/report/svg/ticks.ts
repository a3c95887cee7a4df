const STEPS = [1, 2, 2.5, 5, 10];

/**
 * Round numbers that cover a range, about as many as asked for.
 *
 * @returns ascending, at least two; the first is at most `min`, the last at least `max`
 */
export function ticks(min: number, max: number, count = 5): number[] {
  const span = max > min ? max - min : Math.abs(min) || 1;
  const rough = span / count;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = magnitude * STEPS.find((factor) => magnitude * factor >= rough * (1 - 1e-9))!;
  const first = Math.floor(min / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(max / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}
