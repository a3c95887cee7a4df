import { LIMITS } from '#libs/limits';

/** Who receives objects: is told whether to read on. */
export interface ObjectHolder {
  wait(isToWait: boolean): void;
}

const ROOM_BYTES = LIMITS.dicomObjectsBytes.value;

/** Whoever has so little waits for nobody: slices go on beside the large objects of others. */
const SMALL_BYTES = 1 << 20;

/**
 * The memory of objects that come or are at work, over all associations of a door. When it is used up, those with much
 * of an object read no further until others let go; but never whoever has held something for longest: so there is
 * always one that comes to its end.
 */
export class ObjectRoom {
  /** What each holds, in the order in which they began. */
  readonly #held = new Map<ObjectHolder, number>();
  #total = 0;

  constructor(private readonly roomBytes = ROOM_BYTES) {}

  /** @param bytes what a holder has now; 0: nothing, and it begins anew with its next object */
  set(holder: ObjectHolder, bytes: number): void {
    const before = this.#held.get(holder) ?? 0;
    if (bytes === before) return;
    const wasFull = this.#isFull;
    this.#total += bytes - before;
    if (bytes === 0) this.#held.delete(holder);
    else this.#held.set(holder, bytes);
    if (bytes === 0) holder.wait(false);
    if (wasFull || this.#isFull) this.#look();
  }

  get #isFull(): boolean {
    return this.#total > this.roomBytes;
  }

  #look(): void {
    let isFirst = true;
    for (const [holder, bytes] of this.#held) {
      holder.wait(this.#isFull && !isFirst && bytes > SMALL_BYTES);
      isFirst = false;
    }
  }
}
