/**
 * Puts an entry into a queue that is served from its front: behind all that go before it, which are those of a lower or
 * the same number.
 */
export function insertByPriority<T extends { readonly priority: number }>(queue: T[], entry: T): void {
  let position = queue.length;
  while (position > 0 && queue[position - 1]!.priority > entry.priority) position--;
  queue.splice(position, 0, entry);
}
