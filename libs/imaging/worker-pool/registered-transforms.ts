import type { ThreadClient } from '#libs/threads';
import { transformKey, type TransformReference } from './transform-reference.js';
import type { WorkerMethods } from './worker.js';

/** A run keeps its transform for its whole life, so few are ever in use at once. */
const MAX_REGISTERED = 64;

/** The transforms that each thread was told. Messages keep their order: a call may follow its transform at once. */
export class RegisteredTransforms {
  readonly #known = new WeakMap<ThreadClient<WorkerMethods>, Map<string, Promise<void>>>();

  /** Tells a thread a transform, unless it knows it. @throws INVALID_ARGUMENT for a specification that is not valid */
  registerTransform(client: ThreadClient<WorkerMethods>, transform: TransformReference): Promise<void> {
    const known = this.#known.get(client) ?? new Map<string, Promise<void>>();
    this.#known.set(client, known);
    const key = transformKey(transform);
    const registration = known.get(key);
    if (registration) return registration;
    if (known.size >= MAX_REGISTERED) {
      known.clear();
      client.call('forgetTransforms', null).catch(() => undefined); // it fails only with the thread
    }
    const registering = client.call('registerTransform', transform);
    known.set(key, registering);
    return registering;
  }
}
