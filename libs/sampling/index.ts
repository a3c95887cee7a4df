/**
 * Bounded samples of unbounded streams, chosen by keyed hash: replay memories, held-out sets. Imports `#libs/errors`
 * and the type of `#libs/random`.
 *
 *     const memory = new StratifiedSample<Sample>('replay 1', { total: 1000 });
 *     const gone = memory.add(`${label}/${site}`, sample);
 *     const replayed = memory.draw(createRandom(seed, 'replay', step), 15);
 */
export { StratifiedSample, type Capacity, type Item, type Preference } from './stratified-sample.js';
