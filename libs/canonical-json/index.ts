/**
 * A value as JSON with sorted keys and no blanks: equal values give equal text, in whatever order they were written.
 * What is undefined is left out of objects, as by JSON.stringify.
 *
 *     canonicalJson({ b: 1, a: 2 }); // {"a":2,"b":1}
 */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
