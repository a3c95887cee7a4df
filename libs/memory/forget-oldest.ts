/** Lets go of the entry that was set first where a map or set has more than so many: called behind each addition. */
export function forgetOldest<K>(
  kept: { readonly size: number; keys(): Iterator<K>; delete(key: K): boolean },
  limit: number,
): void {
  if (kept.size <= limit) return;
  const oldest = kept.keys().next();
  if (!oldest.done) kept.delete(oldest.value);
}
