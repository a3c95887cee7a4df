import { LIMITS } from '#libs/limits';

/** A peer that calls for a while as fast as it may has this much in hand after a pause. */
const BURST_SECONDS = 2;
/** Addresses that are remembered; beyond, those that have been quiet are forgotten. */
const MAX_PEERS = 10_000;

interface Bucket {
  left: number;
  atMs: number;
}

/** Bounds the new calls of each address: a bucket of tokens that fills at a steady rate. */
export class CallRate {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number = LIMITS.callsPerPeerPerSecond.value) {
    this.#perSecond = perSecond;
  }

  /** @param peer whom an address stands for @returns false when it has called too often */
  take(peer: string, nowMs: number = performance.now()): boolean {
    const full = this.#perSecond * BURST_SECONDS;
    let bucket = this.#buckets.get(peer);
    if (!bucket) {
      if (this.#buckets.size >= MAX_PEERS) this.#forgetQuiet(nowMs);
      bucket = { left: full, atMs: nowMs };
      this.#buckets.set(peer, bucket);
    }
    bucket.left = Math.min(full, bucket.left + ((nowMs - bucket.atMs) * this.#perSecond) / 1000);
    bucket.atMs = nowMs;
    if (bucket.left < 1) return false;
    bucket.left--;
    return true;
  }

  /** Whose bucket is full again is as if never seen. */
  #forgetQuiet(nowMs: number): void {
    for (const [peer, { atMs }] of this.#buckets) if (nowMs - atMs > 1000 * BURST_SECONDS) this.#buckets.delete(peer);
  }
}
