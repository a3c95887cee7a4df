/** Seeded randomness: every random choice of the system is a function of a seed and named parts. */
export { createRandom, type Random } from './random.js';
