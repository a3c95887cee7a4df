import type { Random } from '#libs/random';
import { pixelNoise } from './noise.js';

/** What the scanner, the window and the pose add to a head; drawn per patient, slices of one patient share it. */
export interface Acquisition {
  /** Coefficients of the bias field's logarithm: x, y, x², y², xy over the picture. */
  readonly bias: readonly number[];
  /** Standard deviation of the noise in each of the two receiver channels, as a share of full signal. */
  readonly noise: number;
  /** Standard deviation of the point spread, as a share of the picture's width. */
  readonly blur: number;
  readonly gamma: number;
  readonly gain: number;
  readonly turnRadians: number;
  readonly zoom: number;
  readonly shiftX: number;
  readonly shiftY: number;
  readonly aspect: number;
}

export function drawAcquisition(random: Random): Acquisition {
  return {
    bias: Array.from({ length: 5 }, () => 0.1 * random.normal()),
    noise: random.uniform(0.015, 0.045),
    blur: random.uniform(0.0015, 0.0045),
    gamma: random.uniform(0.8, 1.25),
    gain: random.uniform(0.8, 1.1),
    turnRadians: 0.1 * random.normal(),
    zoom: random.uniform(0.92, 1.1),
    shiftX: 0.04 * random.normal(),
    shiftY: 0.04 * random.normal(),
    aspect: Math.exp(0.05 * random.normal()),
  };
}

/**
 * Signals of a slice (0-1, row-major, `size` x `size`) to grey levels 0-255: blur, bias field, Rician noise, window.
 */
export function acquire(signal: Float32Array, size: number, acquisition: Acquisition, random: Random): Uint8Array {
  const blurred = blur(signal, size, acquisition.blur * size);
  const [biasX, biasY, biasXX, biasYY, biasXY] = acquisition.bias as [number, number, number, number, number];
  const normal = pixelNoise(random);
  const pixels = new Uint8Array(size * size);
  for (let row = 0, i = 0; row < size; row++) {
    const y = ((row + 0.5) / size) * 2 - 1;
    for (let column = 0; column < size; column++, i++) {
      const x = ((column + 0.5) / size) * 2 - 1;
      const biased = blurred[i]! * Math.exp(biasX * x + biasY * y + biasXX * x * x + biasYY * y * y + biasXY * x * y);
      // Magnitude of a complex signal with noise in both parts: air is not black but Rayleigh-distributed.
      const real = biased + acquisition.noise * normal();
      const imaginary = acquisition.noise * normal();
      const magnitude = Math.sqrt(real * real + imaginary * imaginary);
      pixels[i] = Math.min(255, 255 * acquisition.gain * magnitude ** acquisition.gamma);
    }
  }
  return pixels;
}

/** Separable Gaussian, standard deviation in pixels; edges continue. */
function blur(signal: Float32Array, size: number, deviation: number): Float32Array {
  const reach = Math.ceil(2.5 * deviation);
  const taps = Float64Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-0.5 * ((k - reach) / deviation) ** 2));
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  const pass = (input: Float32Array, stepAlong: number, stepAcross: number): Float32Array => {
    const output = new Float32Array(input.length);
    for (let line = 0; line < size; line++) {
      const start = line * stepAcross;
      for (let position = 0; position < size; position++) {
        let sum = 0;
        for (let k = -reach; k <= reach; k++) {
          const at = Math.max(0, Math.min(size - 1, position + k));
          sum += taps[k + reach]! * input[start + at * stepAlong]!;
        }
        output[start + position * stepAlong] = sum / total;
      }
    }
    return output;
  };
  return pass(pass(signal, 1, size), size, 1);
}
