/** Wakes those who wait for a condition on a state that others change. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** To be called after every change. */
  notify(): void {
    for (const check of [...this.#waiting]) check();
  }

  /**
   * Resolves when the condition holds; it is tested now and after every change.
   *
   * @throws the signal's reason when it aborts first
   */
  until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        this.#waiting.delete(check);
        signal.removeEventListener('abort', onAbort);
        end();
      };
      const check = (): void => {
        if (condition()) settle(resolve);
      };
      const onAbort = (): void => settle(() => reject(signal.reason as Error));
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(check);
      check();
    });
  }
}
