import { beginWait } from '#libs/async';
import type { SulcusError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';

const log = createLogger('bus');

/** What keeps a reader from reading, while it tries again: named for the watchdog, and logged when it is no restart. */
export class ReaderTrouble {
  readonly #doing: string;
  #end: (() => void) | undefined;
  #said: string | undefined;

  /** @param doing for example "follow SCANS" */
  constructor(doing: string) {
    this.#doing = doing;
  }

  /** It has failed and is tried again. */
  goesOn(failure: SulcusError): void {
    this.#end ??= beginWait(`the broker (to ${this.#doing})`);
    // A broker that is away, or was restarted, is told by the connection.
    if (failure.code === 'BUS_UNAVAILABLE' || this.#said === failure.rawMessage) return;
    this.#said = failure.rawMessage;
    log.warn({ code: failure.code, reason: failure.rawMessage }, `cannot ${this.#doing}: trying again`);
  }

  /** It works, or is not wanted any more. */
  isOver(): void {
    this.#end?.();
    this.#end = undefined;
    this.#said = undefined;
  }
}
