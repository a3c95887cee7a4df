/**
 * Starts `work` for each item as it arrives and yields the results in the order of the items, each as soon as it and
 * all before it are there. At most `concurrency` results are under way or wait for the consumer: one that stops reading
 * stops the source. (p-map's `pMapIterable` neither returns the source nor handles one that throws.)
 *
 * Every item that the source gives is passed to `work`, also one that arrives when the consumer has just left: it may
 * hold something that only `work` gives back.
 *
 * @throws what the source throws, at once; the first failure of `work`, in its turn
 */
export async function* mapInOrder<T, R>(
  source: AsyncIterable<T> | Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const results: Promise<R>[] = [];
  let next: Promise<IteratorResult<T>> | undefined;
  let ended = false;
  try {
    for (;;) {
      if (!ended && results.length < concurrency) next ??= pull();
      const head = results[0]?.then((result) => ({ result }));
      const arriving = next?.then((arrived) => ({ arrived }));
      const waits = [head, arriving].filter((wait) => wait !== undefined);
      if (waits.length === 0) return;
      const first = await Promise.race(waits);
      if ('result' in first) {
        void results.shift();
        yield first.result;
        continue;
      }
      next = undefined;
      if (first.arrived.done) ended = true;
      else results.push(start(first.arrived.value));
    }
  } finally {
    next?.then(({ done, value }) => void (done || start(value))).catch(() => undefined);
    // Not awaited: a source that waits for its own input returns only when that ends.
    Promise.resolve(iterator.return?.()).catch(() => undefined);
  }

  function pull(): Promise<IteratorResult<T>> {
    const pulled = Promise.resolve(iterator.next());
    pulled.catch(() => undefined); // seen by the race above
    return pulled;
  }

  function start(item: T): Promise<R> {
    const result = work(item);
    result.catch(() => undefined); // seen when its turn comes
    return result;
  }
}
