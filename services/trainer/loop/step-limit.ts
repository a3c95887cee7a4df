import { waitFor } from '#libs/async';
import { SulcusError } from '#libs/errors';

/** The first step compiles its kernels, perhaps on a busy machine. */
const FIRST_LIMIT_MS = 600_000;
const LEAST_LIMIT_MS = 60_000;
/** Times the longest step so far. */
const LIMIT_FACTOR = 20;

const longestMs = new WeakMap<object, number>();

/**
 * The outcome of a step of a session's engine, which is given far more time than its steps have taken.
 *
 * @throws ENGINE_FAILED when it does not answer: whoever started the trainer starts another, with another engine
 */
export async function withinStepLimit<T>(session: object, step: () => Promise<T>): Promise<T> {
  const before = longestMs.get(session);
  const limitMs = before === undefined ? FIRST_LIMIT_MS : Math.max(LEAST_LIMIT_MS, LIMIT_FACTOR * before);
  const startedMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<never>((_, reject) => {
    const failure = new SulcusError('ENGINE_FAILED', `The engine has not answered a step for ${limitMs / 1000} s`);
    timer = setTimeout(() => reject(failure), limitMs);
  });
  try {
    const result = await waitFor('the engine (a training step)', Promise.race([step(), stuck]));
    longestMs.set(session, Math.max(before ?? 0, performance.now() - startedMs));
    return result;
  } finally {
    clearTimeout(timer);
  }
}
