import type { Bus, KeyValue } from '#libs/bus';

/** The key-value bucket of model cards, aliases and freezes, opened when it is first needed. */
export class ModelsBucket {
  readonly #bus: Bus;
  #opened: Promise<KeyValue> | undefined;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  open(): Promise<KeyValue> {
    this.#opened ??= this.#bus.keyValue('models').catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }
}
