/** Work that has begun and will give one answer. */
export interface Started<T> {
  answer: Promise<T>;
}

/**
 * Answers in the order the work began, each as soon as it and all before it are there. At most `window` pieces of work are
 * begun and not yet handed on: a consumer that stops reading stops the source.
 *
 * @throws what the source throws, or an answer's rejection in its turn
 */
export async function* inOrder<T>(
  source: AsyncIterable<Started<T>>,
  window: number,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const answers: Promise<T>[] = [];
  let begun: Promise<IteratorResult<Started<T>>> | undefined = begin();
  try {
    while (begun || answers.length > 0) {
      const head = answers[0]?.then((value) => ({ value }));
      const next = answers.length < window ? begun?.then((result) => ({ result })) : undefined;
      const first = await Promise.race([head, next].filter((wait) => wait !== undefined));
      if ('value' in first) {
        void answers.shift();
        yield first.value;
      } else if (first.result.done) {
        begun = undefined;
      } else {
        answers.push(first.result.value.answer);
        begun = begin();
      }
    }
  } finally {
    // Not awaited: a source that waits for its own input returns only when that ends.
    void iterator.return?.()?.catch(() => undefined);
  }

  function begin(): Promise<IteratorResult<Started<T>>> {
    const result = iterator.next();
    // Failures are seen above in their turn, or by nobody when the consumer has left: neither is an unhandled rejection.
    result.then(
      ({ done, value }) => (done ? undefined : value.answer.catch(() => undefined)),
      () => undefined,
    );
    return result;
  }
}
