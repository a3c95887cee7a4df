import { syncFolder } from './sync-folder.js';

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
    const running = syncFolder(this.#folder).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}
