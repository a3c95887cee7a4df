import type { Random } from '#libs/random';
import { choose, either, few } from './choose.js';

/** Parts of a file, message or line: left out, doubled, moved, changed, taken from another. */
export function mutateParts<T>(
  random: Random,
  parts: readonly T[],
  change: (part: T) => T,
  others: readonly T[] = parts,
): T[] {
  const changed = [...parts];
  for (let count = 1 + few(random, 3); count > 0; count--) {
    const at = random.integer(0, Math.max(0, changed.length - 1));
    const part = changed[at];
    either<unknown>(
      random,
      () => part !== undefined && changed.splice(at, 1, change(part)),
      () => part !== undefined && changed.splice(at, 1, change(part)),
      () => part !== undefined && changed.splice(at, 1, change(part)),
      () => changed.splice(at, 1),
      () => part !== undefined && changed.splice(at, 0, ...Array.from({ length: 1 + few(random, 40) }, () => part)),
      () => changed.push(...changed.splice(at, 1)),
      () => others.length > 0 && changed.splice(at, 0, choose(random, others)),
    );
  }
  return changed;
}
