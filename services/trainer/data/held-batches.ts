import { blobOwners, type Bus, type Delivery } from '#libs/bus';
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

/** Acknowledges a batch and deletes the pixels that did not fit its message. */
export async function releaseBatch(bus: Bus, delivery: Delivery<TensorBatch>): Promise<void> {
  await delivery.ack();
  const { pixels, run, requestId } = delivery.message;
  if (pixels?.blob) await bus.deleteOwnedBlobs(blobOwners.batch(run, requestId));
}

/** Deletes the pixels of batches whose release a kill cut off; to be called before a trainer's first batch request. */
export const sweepBatchBlobs = (bus: Bus, run: string): Promise<void> => bus.deleteOwnedBlobs(blobOwners.batch(run));
