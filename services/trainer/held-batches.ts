import type { Delivery } from '#libs/bus';
import type { TensorBatch } from '#libs/contracts';

/** Batches whose effect is in the weights but in no durable checkpoint yet: they must not be acknowledged. */
export class HeldBatches {
  #held: Delivery<TensorBatch>[] = [];

  get count(): number {
    return this.#held.length;
  }

  hold(delivery: Delivery<TensorBatch>): void {
    this.#held.push(delivery);
  }

  /** Hands over all that are held; the caller acknowledges them when its checkpoint is durable. */
  take(): Delivery<TensorBatch>[] {
    const taken = this.#held;
    this.#held = [];
    return taken;
  }
}
