/** Something that is waited for, in words, and since when. */
export interface Wait {
  /** For example "batch 7 of preprocess". */
  readonly what: string;
  /** Milliseconds that it has been waited for. */
  readonly waitedMs: number;
}

const waits = new Map<symbol, { what: string; sinceMs: number }>();

/**
 * The outcome of work, with a name for as long as it is waited for: a watchdog says it when nothing comes. Only for
 * what is expected to come; who waits for new work has nothing to name.
 *
 * @param what for people, behind "waiting for"
 */
export async function waitFor<T>(what: string, work: Promise<T> | (() => Promise<T>)): Promise<T> {
  const key = Symbol(what);
  waits.set(key, { what, sinceMs: performance.now() });
  try {
    return await (typeof work === 'function' ? work() : work);
  } finally {
    waits.delete(key);
  }
}

/** What this process has waited for the longest at this moment; undefined when it waits for nothing that has a name. */
export function longestWait(): Wait | undefined {
  const [first] = waits.values();
  return first && { what: first.what, waitedMs: performance.now() - first.sinceMs };
}
