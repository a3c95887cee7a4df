const BARS = '▁▂▃▄▅▆▇█';

/**
 * A line of bars, one per value, averaged down to `width` bars. The lowest value has the smallest bar.
 *
 * @param values newest last; values that are no number are left out
 */
export function sparkline(values: readonly number[], width: number): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0 || width <= 0) return '';
  const count = Math.min(width, finite.length);
  const means = Array.from({ length: count }, (_, bar) => {
    const part = finite.slice(
      Math.floor((bar * finite.length) / count),
      Math.floor(((bar + 1) * finite.length) / count),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const scale = high === low ? 0 : (BARS.length - 1) / (high - low);
  return means.map((mean) => BARS[Math.round((mean - low) * scale)]).join('');
}
