/** Probabilities below this count as this: one wrong certainty must not make a mean infinite. */
export const MIN_PROBABILITY = 1e-12;

/**
 * Probabilities at another temperature: softmax(log p / T), which is softmax(z / T) of the logits z that p came from.
 * Above 1 they become less certain, below 1 more; which class leads never changes.
 *
 * @param probabilities one row that sums to 1
 * @param temperature above 0; 1 gives the row itself
 */
export function temperatureScaled(probabilities: Float32Array, temperature: number): Float32Array {
  if (temperature === 1) return probabilities;
  const logits = Array.from(probabilities, (value) => Math.log(Math.max(value, MIN_PROBABILITY)) / temperature);
  const highest = Math.max(...logits);
  const weights = logits.map((value) => Math.exp(value - highest));
  const sum = weights.reduce((total, value) => total + value, 0);
  return Float32Array.from(weights, (value) => value / sum);
}
