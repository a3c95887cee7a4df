/** Index of the largest value, such as the most probable class; of equal ones the first, as TensorFlow's ArgMax. */
export const argMax = (values: Float32Array): number =>
  values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
