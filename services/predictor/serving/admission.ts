import { Notifier } from '#libs/async';
import { SulcusError } from '#libs/errors';

/** Bounds of what is admitted and not yet answered: waiting, being prepared, batched or in the engine. */
export interface AdmissionLimits {
  maxRequests: number;
  /**
   * Encoded image bytes of all admitted requests together; a single larger request is still taken when nothing else is
   * in.
   */
  maxBytes: number;
  /** Of the requests, those that want an explanation: they stay longer than others. Default: all may. */
  maxExplained?: number;
}

/** What admission must know of a request. */
export interface AdmissionRequest {
  sizeBytes: number;
  /** It wants an explanation. Default false. */
  explained?: boolean;
}

/** Which limit a request was rejected for. */
export type AdmissionLimit = 'requests' | 'bytes' | 'explanations';

/**
 * The predictor's one queue bound. When it is full a call is rejected before any work is done, so memory stays bounded
 * whatever the number of clients; streams wait for room instead and so slow their sender.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #onRejected: (error: SulcusError) => void;
  #requests = 0;
  #bytes = 0;
  #explained = 0;
  readonly #released = new Notifier();

  /** @param onRejected told of every request that there was no room for */
  constructor(limits: AdmissionLimits, onRejected: (error: SulcusError) => void = () => undefined) {
    this.#limits = limits;
    this.#onRejected = onRejected;
  }

  /** Requests admitted and not yet answered. */
  get requests(): number {
    return this.#requests;
  }

  /**
   * Runs `work` if there is room for its request now.
   *
   * @throws BACKPRESSURE before any work when a limit is reached, which `details.reason` names
   */
  async admit<T>(request: AdmissionRequest, work: () => Promise<T>): Promise<T> {
    const release = this.tryAcquire(request);
    return await work().finally(release);
  }

  /**
   * Takes a request in now; the returned function releases its place and must be called once.
   *
   * @throws BACKPRESSURE as {@link admit}
   */
  tryAcquire(request: AdmissionRequest): () => void {
    if (this.#hasRoomFor(request)) return this.#take(request);
    const error = this.#rejection(request);
    this.#onRejected(error);
    throw error;
  }

  /**
   * Takes a request in when there is room for it; the returned function releases its place and must be called once.
   *
   * @throws CANCELLED or DEADLINE_EXCEEDED by `signal`
   */
  async acquire(request: AdmissionRequest, signal: AbortSignal): Promise<() => void> {
    while (!signal.aborted && !this.#hasRoomFor(request)) await this.#released.wait(signal);
    if (signal.aborted) throw SulcusError.from(signal.reason);
    return this.#take(request);
  }

  #hasRoomFor({ sizeBytes, explained = false }: AdmissionRequest): boolean {
    const { maxRequests, maxBytes, maxExplained = Infinity } = this.#limits;
    if (explained && this.#explained >= maxExplained) return false;
    return this.#requests < maxRequests && (this.#requests === 0 || this.#bytes + sizeBytes <= maxBytes);
  }

  #rejection({ sizeBytes }: AdmissionRequest): SulcusError {
    const { maxRequests, maxBytes } = this.#limits;
    const reason: AdmissionLimit =
      this.#requests >= maxRequests ? 'requests' : this.#hasRoomFor({ sizeBytes }) ? 'explanations' : 'bytes';
    const waiting = {
      requests: `${this.#requests} requests are waiting`,
      bytes: `${this.#bytes} bytes of requests are waiting`,
      explanations: `${this.#explained} requests with explanations are waiting`,
    }[reason];
    return new SulcusError('BACKPRESSURE', `${waiting} for an answer: try again in a moment`, {
      details: { reason, requests: this.#requests, maxRequests, bytes: this.#bytes, maxBytes },
    });
  }

  #take({ sizeBytes, explained = false }: AdmissionRequest): () => void {
    this.#requests++;
    if (explained) this.#explained++;
    this.#bytes += sizeBytes;
    return () => {
      this.#requests--;
      if (explained) this.#explained--;
      this.#bytes -= sizeBytes;
      this.#released.notify();
    };
  }
}
