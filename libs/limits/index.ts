/**
 * One table of every bound on what a stranger can make a service do: what is counted, how many, and what whoever goes
 * beyond it gets. Imports libs/errors for the codes.
 *
 *     if (buffer.length > LIMITS.messageBytes.value) throw …
 *
 * A new bound is an entry of `limits.ts`; `npm run generate` writes docs/limits.md.
 */
export type { Boundary, Limit, Unit } from './limit.js';
export { LIMITS, type LimitName } from './limits.js';
