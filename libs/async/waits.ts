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
  const end = beginWait(what);
  try {
    return await (typeof work === 'function' ? work() : work);
  } finally {
    end();
  }
}

/** The same for what ends with no promise: it is waited for until the function that is returned is called. */
export function beginWait(what: string): () => void {
  const key = Symbol(what);
  waits.set(key, { what, sinceMs: performance.now() });
  return () => void waits.delete(key);
}

/** What this process has waited for the longest at this moment; undefined when it waits for nothing that has a name. */
export function longestWait(): Wait | undefined {
  const [first] = waits.values();
  return first && { what: first.what, waitedMs: performance.now() - first.sinceMs };
}
