import type { TensorValue } from '#libs/graph';
import { SulcusError } from '#libs/errors';
import type { Response } from '../protocol/messages.js';

/** What a request was answered with, and the values that came before the answer. */
export interface Answer {
  readonly response: Response;
  readonly values: readonly TensorValue[];
}

interface Pending {
  /** What was asked for, as an error names it. */
  readonly what: string;
  readonly values: TensorValue[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: SulcusError) => void;
}

/** The requests that an engine process has not answered yet, by their ids. */
export class PendingRequests {
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  get count(): number {
    return this.#pending.size;
  }

  /**
   * @param what what is asked for, such as `load`
   * @param send sends it under the id it is given
   * @throws ENGINE_FAILED when the process answers that it failed
   */
  add(what: string, send: (id: number) => void): Promise<Answer> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { what, values: [], resolve, reject });
      send(id);
    });
  }

  /** Takes an answer, or one of the values that come before it. */
  onResponse(response: Extract<Response, { id: number }>): void {
    const pending = this.#pending.get(response.id);
    if (!pending) return;
    if (response.kind === 'fetched') {
      pending.values[response.index] = response.value;
      return;
    }
    this.#pending.delete(response.id);
    if (response.kind === 'failed')
      pending.reject(new SulcusError('ENGINE_FAILED', `The ${pending.what} failed: ${response.message}`));
    else pending.resolve({ response, values: pending.values });
  }

  rejectAll(error: SulcusError): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
