/** A place in a line: `mine` resolves when everybody before has passed. */
export interface Turn {
  readonly mine: Promise<void>;
  /** Lets the next one go. May be called more than once. */
  pass(): void;
}

/** Hands out places in a line, so that what was prepared in parallel is sent in its original order. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  next(): Turn {
    const mine = this.#last;
    let open: () => void = () => undefined;
    const passed = new Promise<void>((resolve) => (open = resolve));
    this.#last = mine.then(() => passed);
    return { mine, pass: open };
  }
}

/**
 * Starts `work` for each item as it arrives, at most `window` at the same time, and yields the results in the order of
 * the items, each as soon as it and all before it are there. A consumer that stops reading stops the source.
 *
 * @throws what the source throws, or the first failure of `work` in its turn
 */
export async function* inOrder<T, R>(
  source: AsyncIterable<T>,
  window: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const results: Promise<R>[] = [];
  let next: Promise<IteratorResult<T>> | undefined = pull();
  try {
    while (next !== undefined || results.length > 0) {
      const head = results[0]?.then((result) => ({ result }));
      const arriving = results.length < window ? next?.then((arrived) => ({ arrived })) : undefined;
      const first = await Promise.race([head, arriving].filter((candidate) => candidate !== undefined));
      if ('result' in first) {
        void results.shift();
        yield first.result;
      } else if (first.arrived.done) {
        next = undefined;
      } else {
        const result = work(first.arrived.value);
        result.catch(() => undefined); // seen when its turn comes
        results.push(result);
        next = pull();
      }
    }
  } finally {
    // Not awaited: a source that waits for its own input returns only when that ends.
    void iterator.return?.()?.catch(() => undefined);
  }

  function pull(): Promise<IteratorResult<T>> {
    const pulled = iterator.next();
    pulled.catch(() => undefined); // seen by the race above
    return pulled;
  }
}
