import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Lets so many begin in one turn of the event loop, and others in turns behind it, the first to ask first: what comes
 * in at one moment is then not done in one piece, and what ends in between (a connection, a timer) is seen.
 */
export class TurnLimit {
  readonly #perTurn: number;
  #begun = 0;
  #turn: Promise<void> | undefined;

  /** @param perTurn one or more */
  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** Waits for a turn with room, where this one has none. @throws the signal's reason when it aborts while waiting */
  async begin(signal?: AbortSignal): Promise<void> {
    while (this.#begun >= this.#perTurn) {
      await this.#turn;
      signal?.throwIfAborted();
    }
    this.#begun++;
    this.#turn ??= this.#endTurn();
  }

  async #endTurn(): Promise<void> {
    await nextTurn();
    this.#begun = 0;
    this.#turn = undefined;
  }
}
