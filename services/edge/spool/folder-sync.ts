import { open } from 'node:fs/promises';

/**
 * Makes what a folder lists outlive a power loss. Whoever asks while a sync is under way shares the next one with all
 * others who do: a hundred files a second need far fewer.
 */
export class FolderSync {
  readonly #folder: string;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Resolves when all that was named in the folder before this call is durable. */
  sync(): Promise<void> {
    if (!this.#running) return this.#start();
    // The one under way may have begun before the name was there.
    this.#next ??= this.#running.catch(() => undefined).then(() => this.#start());
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    const running = this.#syncNow().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #syncNow(): Promise<void> {
    const handle = await open(this.#folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
