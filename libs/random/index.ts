/**
 * Seeded randomness: every random choice of the system is a function of a seed and named parts. Imports pure-rand.
 *
 *     createRandom(seed, 'augment', epoch, sampleId).integer(0, 9); // the same, whoever asks and whenever
 */
export { createRandom, type Random } from './random.js';
