/**
 * What keeps a process's memory bounded. Imports nothing.
 *
 *     known.set(key, value);
 *     forgetOldest(known, 10_000); // a map of the newest entries
 *     collectGarbage();            // what nobody uses any more goes now
 *     gathered.add(chunk);         // bytes in pieces, however small: no buffer for each
 */
export { collectGarbage } from './garbage.js';
export { GatheredBytes } from './gathered-bytes.js';
export { forgetOldest } from './forget-oldest.js';
