/** A function that makes a value at its first call and returns it from then on. */
export function memoize<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
