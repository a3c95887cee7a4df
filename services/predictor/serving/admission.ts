import { SulcusError } from '#libs/errors';
import { Notifier } from '#libs/async';

/** Bounds of what is admitted and not yet answered: waiting, being prepared, batched or in the engine. */
export interface AdmissionLimits {
  maxRequests: number;
  /** Encoded image bytes of all admitted requests together; a single larger request is still taken when nothing else is in. */
  maxBytes: number;
  /** Of the requests, those that want an explanation: they stay longer than others. Default: all may. */
  maxExplained?: number;
}

/** What matters of a request at the door, beside its size. */
export interface Visitor {
  /** It wants an explanation. Default false. */
  explained?: boolean;
}

/** Which limit a request was refused for. */
export type RefusalReason = 'requests' | 'bytes' | 'explanations';

/**
 * The predictor's one queue bound. A full house refuses at the door, before any work is done, so memory stays bounded
 * whatever the number of clients; streams wait for room instead and so slow their sender.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  #requests = 0;
  #bytes = 0;
  #explained = 0;
  readonly #refusedBy: Record<RefusalReason, number> = { requests: 0, bytes: 0, explanations: 0 };
  readonly #left = new Notifier();

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Requests admitted and not yet answered. */
  get requests(): number {
    return this.#requests;
  }

  /** Requests refused since the start. */
  get refused(): number {
    return this.#refusedBy.requests + this.#refusedBy.bytes + this.#refusedBy.explanations;
  }

  /** The same by the limit that was reached. */
  get refusedBy(): Readonly<Record<RefusalReason, number>> {
    return this.#refusedBy;
  }

  /**
   * Takes a request in; the returned function must be called once when it is answered.
   *
   * @throws BACKPRESSURE when a limit is reached, which `details.reason` names
   */
  enter(sizeBytes: number, visitor: Visitor = {}): () => void {
    if (this.#hasRoomFor(sizeBytes, visitor)) return this.#take(sizeBytes, visitor);
    const { maxRequests, maxBytes } = this.#limits;
    const reason: RefusalReason =
      this.#requests >= maxRequests ? 'requests' : this.#hasRoomFor(sizeBytes, {}) ? 'explanations' : 'bytes';
    this.#refusedBy[reason]++;
    const full = {
      requests: `${this.#requests} requests are waiting`,
      bytes: `${this.#bytes} bytes of requests are waiting`,
      explanations: `${this.#explained} requests with explanations are waiting`,
    }[reason];
    throw new SulcusError('BACKPRESSURE', `${full} for an answer: try again in a moment`, {
      details: { reason, requests: this.#requests, maxRequests, bytes: this.#bytes, maxBytes },
    });
  }

  /**
   * Takes a request in when there is room for it.
   *
   * @throws CANCELLED or DEADLINE_EXCEEDED by `signal`
   */
  async enterWhenRoom(sizeBytes: number, signal: AbortSignal, visitor: Visitor = {}): Promise<() => void> {
    while (!signal.aborted && !this.#hasRoomFor(sizeBytes, visitor)) await this.#left.wait(signal);
    if (signal.aborted) throw SulcusError.from(signal.reason);
    return this.#take(sizeBytes, visitor);
  }

  #hasRoomFor(sizeBytes: number, { explained = false }: Visitor): boolean {
    const { maxRequests, maxBytes, maxExplained = Infinity } = this.#limits;
    if (explained && this.#explained >= maxExplained) return false;
    return this.#requests < maxRequests && (this.#requests === 0 || this.#bytes + sizeBytes <= maxBytes);
  }

  #take(sizeBytes: number, { explained = false }: Visitor): () => void {
    this.#requests++;
    if (explained) this.#explained++;
    this.#bytes += sizeBytes;
    return () => {
      this.#requests--;
      if (explained) this.#explained--;
      this.#bytes -= sizeBytes;
      this.#left.notify();
    };
  }
}
