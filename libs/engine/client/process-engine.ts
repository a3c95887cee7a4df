import type { LoweredSignature, Program, SerializedProgram, TensorValue } from '#libs/graph';
import { SulcusError } from '#libs/errors';
import type { EngineInfo, EngineKind } from '../protocol/engine-info.js';
import { checkedFeeds, feedBytes } from '../protocol/feeds.js';
import type { Response } from '../protocol/messages.js';
import { EngineChild } from './child.js';
import { deferred } from './deferred.js';
import { ENGINE_KINDS } from './engine-kinds.js';
import type { Engine, EngineOptions, LoadedProgram } from './engine.js';
import { PendingRequests, type Answer } from './pending-requests.js';

/** How long a closing engine may take to finish a run. */
const CLOSE_GRACE_MS = 10_000;
/** Generous: the first load reads 850 MB of library from a cold disk. */
const START_TIMEOUT_MS = 120_000;
/**
 * What hangs on one of several devices is ended by TensorFlow itself after ten minutes, as long as the process is able
 * to; then it is ended from here.
 */
const SEVERAL_DEVICES_ANSWER_TIMEOUT_MS = 11 * 60_000;

/** An engine of any kind, seen from its parent. Made by `startEngine`. */
export class ProcessEngine implements Engine {
  readonly #child: EngineChild;
  readonly #pending = new PendingRequests();
  readonly #exitListeners: ((error: SulcusError) => void)[] = [];
  readonly #ready = deferred<EngineInfo>();
  readonly #ended = deferred<void>();
  #info: EngineInfo | undefined;
  #failure: SulcusError | undefined;
  #closing = false;
  #watchdog: NodeJS.Timeout | undefined;
  #hung: string | undefined;

  constructor(
    private readonly kind: EngineKind,
    private readonly options: EngineOptions,
  ) {
    this.#child = new EngineChild(
      ENGINE_KINDS[kind],
      options,
      (response) => this.#onResponse(response),
      (reason) => this.#onEnd(reason),
    );
  }

  get info(): EngineInfo {
    return this.#info!;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** @throws ENGINE_UNAVAILABLE when the process does not come up */
  async started(timeoutMs: number = START_TIMEOUT_MS): Promise<void> {
    const timer = setTimeout(
      () =>
        this.#ready.reject(
          new SulcusError('ENGINE_UNAVAILABLE', `The engine process did not start within ${timeoutMs} ms`),
        ),
      timeoutMs,
    );
    try {
      this.#info = await this.#ready.promise;
    } catch (error) {
      this.#closing = true;
      this.#child.stop(0);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async load(program: Program | SerializedProgram): Promise<LoadedProgram> {
    const { graph, signatures, constants } = ENGINE_KINDS[this.kind].lower(program, this.info);
    const { response } = await this.#request('load', (id) =>
      this.#child.send({ kind: 'load', id, graph }, 'savedModel' in graph ? graph.savedModel.byteLength : 0),
    );
    if (response.kind !== 'loaded')
      throw new SulcusError('INTERNAL', `The engine answered a load with "${response.kind}"`);
    const { model } = response;
    if (constants)
      await this.#request('load of constants', (id) => {
        for (const { tensor, bytes } of constants.feeds)
          this.#child.send({ kind: 'feed', id, feed: { tensor, shape: [], strings: [bytes] } }, bytes.byteLength);
        this.#child.send({ kind: 'run', id, model, fetches: [constants.done] });
      });
    return {
      signatures: Object.keys(signatures),
      run: async (name, feeds = {}) => this.#run(model, name, signatures[name], feeds),
      unload: async () => void (await this.#request('unload', (id) => this.#child.send({ kind: 'unload', id, model }))),
    };
  }

  async close(): Promise<void> {
    this.#closing = true;
    while (this.#pending.count > 0 && !this.#failure) await new Promise((resolve) => setTimeout(resolve, 5));
    if (!this.#failure) this.#child.stop(CLOSE_GRACE_MS);
    await this.#ended.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  onExit(listener: (error: SulcusError) => void): void {
    if (this.#failure && !this.#closing) listener(this.#failure);
    else this.#exitListeners.push(listener);
  }

  async #run(
    model: number,
    name: string,
    signature: LoweredSignature | undefined,
    values: Readonly<Record<string, TensorValue>>,
  ): Promise<Record<string, TensorValue>> {
    if (!signature) throw new SulcusError('INVALID_ARGUMENT', `The program has no signature "${name}"`);
    const feeds = checkedFeeds(name, signature, values);
    const outputs = Object.entries(signature.outputs);
    const fetches = outputs.map(([, { tensor }]) => tensor);
    if (signature.done !== undefined) fetches.push(signature.done);
    const { values: fetched } = await this.#request(`run of "${name}"`, (id) => {
      for (const feed of feeds) this.#child.send({ kind: 'feed', id, feed }, feedBytes(feed));
      this.#child.send({ kind: 'run', id, model, fetches });
    });
    return Object.fromEntries(
      outputs.map(([key, { dtype }], index) => [key, dtype === 'uint8' ? asBytes(fetched[index]!) : fetched[index]!]),
    );
  }

  #request(what: string, send: (id: number) => void): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#closing) return Promise.reject(new SulcusError('CANCELLED', 'The engine is closing'));
    const answer = this.#pending.add(what, send);
    if (this.#pending.count === 1) this.#watch();
    return answer;
  }

  /** Waits for the next answer, no longer than it may take. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    const { answerTimeoutMs = this.info.shardDevices.length > 1 ? SEVERAL_DEVICES_ANSWER_TIMEOUT_MS : undefined } =
      this.options;
    if (answerTimeoutMs === undefined || this.#pending.count === 0) return;
    this.#watchdog = setTimeout(() => {
      this.#hung = `did not answer for ${answerTimeoutMs / 1000} s and was ended; one of its devices may hang`;
      this.#child.stop(0);
    }, answerTimeoutMs);
  }

  #onResponse(response: Response): void {
    switch (response.kind) {
      case 'ready':
        return this.#ready.resolve(response.info);
      case 'unavailable': {
        const message = `${ENGINE_KINDS[this.kind].title} does not load: ${response.message}`;
        return this.#ready.reject(new SulcusError('ENGINE_UNAVAILABLE', message));
      }
      default:
        this.#pending.onResponse(response);
        return this.#watch();
    }
  }

  #onEnd(how: string): void {
    if (this.#failure) return;
    clearTimeout(this.#watchdog);
    const reason = this.#hung ?? how;
    this.#failure = new SulcusError('ENGINE_FAILED', `The engine process ${reason}`);
    this.#ready.reject(new SulcusError('ENGINE_UNAVAILABLE', `The engine process ${reason}`));
    this.#pending.rejectAll(this.#failure);
    if (!this.#closing) for (const listener of this.#exitListeners) listener(this.#failure);
    this.#ended.resolve();
  }
}

/** uint8 is fetched as int32, which the binding can read. */
const asBytes = (value: TensorValue): TensorValue => ({
  dtype: 'uint8',
  shape: value.shape,
  data: Uint8Array.from(value.data as Int32Array),
});
