/** A signal with a time limit; disposing it lets go of the other signal and of the timer. */
export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * A signal that aborts with another one, or with a TimeoutError after `timeoutMs`. In place of
 * `AbortSignal.any([signal, AbortSignal.timeout(…)])`, which never aborts once garbage collection has taken the timeout
 * (Node 20; https://github.com/nodejs/node/issues/54614). Its timer keeps no process alive.
 *
 *     using limit = timeLimit(signal, 5000);
 *     await work(limit.signal);
 */
export function timeLimit(signal: AbortSignal, timeoutMs: number): TimeLimit {
  const limit = new AbortController();
  const release = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', follow);
  };
  const follow = (): void => {
    release();
    limit.abort(signal.reason);
  };
  const timer = setTimeout(() => {
    release();
    limit.abort(new DOMException(`It took longer than ${timeoutMs} ms`, 'TimeoutError'));
  }, timeoutMs).unref();
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  return { signal: limit.signal, [Symbol.dispose]: release };
}
