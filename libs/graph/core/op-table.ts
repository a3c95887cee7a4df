import { graphError } from './errors.js';

/** Merges groups of entries by op type; one op type has one entry. */
export function createOpTable<T>(
  what: string,
  ...groups: readonly Readonly<Record<string, T>>[]
): ReadonlyMap<string, T> {
  const table = new Map<string, T>();
  for (const [type, entry] of groups.flatMap((group) => Object.entries(group))) {
    if (table.has(type)) throw graphError(`Two ${what}s for ${type}`);
    table.set(type, entry);
  }
  return table;
}
