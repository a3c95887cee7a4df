import { createHmac, randomBytes } from 'node:crypto';
import type { Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { runKeys } from '#libs/registry';

const NONCE_CHARS = 16;
const SIGNATURE_CHARS = 16;

/**
 * Identities of a run's batch requests: whoever trains the run tells those of a predecessor, which died, from those
 * that nobody of the run ever made.
 */
export class RequestIdentities {
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
  }

  /** The run's own, made when it is trained for the first time. */
  static async of(bus: Bus, run: string): Promise<RequestIdentities> {
    const bucket = await bus.keyValue('checkpoints');
    const name = runKeys.requests(run);
    const stored = await bucket.get(name);
    if (stored) return new RequestIdentities(stored.value);
    const key = randomBytes(32);
    try {
      await bucket.create(name, key);
      return new RequestIdentities(key);
    } catch (error) {
      if (SulcusError.from(error).code !== 'ALREADY_EXISTS') throw error;
      return new RequestIdentities((await bucket.get(name))!.value);
    }
  }

  /** A new one, 32 hexadecimal digits. */
  next(): string {
    const nonce = randomBytes(NONCE_CHARS / 2).toString('hex');
    return nonce + this.#signature(nonce);
  }

  /** Whether the run has made it. */
  isOurs(requestId: string): boolean {
    return requestId === requestId.slice(0, NONCE_CHARS) + this.#signature(requestId.slice(0, NONCE_CHARS));
  }

  #signature(nonce: string): string {
    return createHmac('sha256', this.#key).update(nonce).digest('hex').slice(0, SIGNATURE_CHARS);
  }
}
