import { Notifier } from '#libs/async';
import { SulcusError } from '#libs/errors';

/** One DICOM object of many attributes at a time: each is some hundred megabytes for as long as it is at work. */
export class LongObjects {
  #isOpen = false;
  readonly #closed = new Notifier();

  /**
   * Waits until no other is at work. @returns what says that this one is not any more, called once
   *
   * @throws what the signal aborts with
   */
  async begin(signal?: AbortSignal): Promise<() => void> {
    while (this.#isOpen && !signal?.aborted) await this.#closed.wait(signal);
    if (signal?.aborted) throw SulcusError.from(signal.reason);
    this.#isOpen = true;
    return () => {
      this.#isOpen = false;
      this.#closed.notify();
    };
  }
}
