import { SulcusError } from '#libs/errors';
import { portableForm } from '../wasm/form.js';
import {
  serializeProgram,
  type Program,
  type ProgramPorts,
  type SerializedEntryPoint,
  type SerializedProgram,
  type TensorValue,
} from '#libs/graph';
import { EngineChild, type ChildOptions } from './child.js';
import { deferred } from './deferred.js';
import { checkedFeeds, feedBytes } from '../protocol/feeds.js';
import type { EngineInfo, EngineKind, ModelForm, Response } from '../protocol/protocol.js';

export interface EngineOptions extends ChildOptions {
  /** Which engine; default: what SULCUS_ENGINE says. */
  kind?: 'auto' | EngineKind;
  /** How long the library may take to load. */
  startTimeoutMs?: number;
}

/** A program inside an engine: its entry points share its variables, and no other program sees them. */
export interface LoadedProgram {
  readonly entryPoints: readonly string[];
  /**
   * Runs an entry point. Runs happen in the order of the calls. The fed arrays must not be written to until it answers.
   *
   * @throws INVALID_ARGUMENT when the feeds do not fit; ENGINE_FAILED when an op fails or the engine's process ends
   */
  run(entryPoint: string, feeds?: Readonly<Record<string, TensorValue>>): Promise<Record<string, TensorValue>>;
  /** Frees the graph and its variables. */
  unload(): Promise<void>;
}

/** TensorFlow, or what stands in for it, in a process of its own. No call blocks the caller's event loop. */
export interface Engine extends AsyncDisposable {
  readonly info: EngineInfo;
  /** Process id, for supervision. */
  readonly pid: number | undefined;
  /**
   * Loads a program; one that was serialised before runs on TensorFlow only.
   *
   * @throws INVALID_ARGUMENT when the engine cannot run it as it is: bfloat16, for example, needs TensorFlow
   */
  load(program: Program | SerializedProgram): Promise<LoadedProgram>;
  /** Ends the process after the runs under way. */
  close(): Promise<void>;
  /** Calls back once when the process ends other than by `close`; at once when it has. */
  onExit(listener: (error: SulcusError) => void): void;
}

interface Pending {
  what: string;
  values: TensorValue[];
  resolve(response: Response, values: TensorValue[]): void;
  reject(error: SulcusError): void;
}

/** How long a closing engine may take to finish a run. */
const CLOSE_GRACE_MS = 10_000;
/** Generous: the first load reads 850 MB of library from a cold disk. */
const START_TIMEOUT_MS = 120_000;

/** An engine of either kind, seen from its parent. Made by `startEngine`. */
export class ProcessEngine implements Engine {
  readonly #child: EngineChild;
  readonly #pending = new Map<number, Pending>();
  readonly #exitListeners: ((error: SulcusError) => void)[] = [];
  readonly #ready = deferred<EngineInfo>();
  readonly #ended = deferred<void>();
  #info: EngineInfo | undefined;
  #failure: SulcusError | undefined;
  #closing = false;
  #nextId = 1;

  constructor(
    private readonly kind: EngineKind,
    options: EngineOptions,
  ) {
    this.#child = new EngineChild(
      kind,
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
    const { form, entryPoints, constants } = formFor(this.info, program);
    const { response } = await this.#request('load', (id) =>
      this.#child.send({ kind: 'load', id, form }, 'savedModel' in form ? form.savedModel.byteLength : 0),
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
      entryPoints: Object.keys(entryPoints),
      run: async (name, feeds = {}) => this.#run(model, name, entryPoints[name], feeds),
      unload: async () => void (await this.#request('unload', (id) => this.#child.send({ kind: 'unload', id, model }))),
    };
  }

  async close(): Promise<void> {
    this.#closing = true;
    while (this.#pending.size > 0 && !this.#failure) await new Promise((resolve) => setTimeout(resolve, 5));
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
    entry: SerializedEntryPoint | undefined,
    values: Readonly<Record<string, TensorValue>>,
  ): Promise<Record<string, TensorValue>> {
    if (!entry) throw new SulcusError('INVALID_ARGUMENT', `The program has no entry point "${name}"`);
    const feeds = checkedFeeds(name, entry, values);
    const outputs = Object.entries(entry.outputs);
    const fetches = [...outputs.map(([, port]) => port.tensor), ...(entry.done === undefined ? [] : [entry.done])];
    const { values: fetched } = await this.#request(`run of "${name}"`, (id) => {
      for (const feed of feeds) this.#child.send({ kind: 'feed', id, feed }, feedBytes(feed));
      this.#child.send({ kind: 'run', id, model, fetches });
    });
    return Object.fromEntries(
      outputs.map(([key, port], index) => [key, port.dtype === 'uint8' ? asBytes(fetched[index]!) : fetched[index]!]),
    );
  }

  #request(what: string, send: (id: number) => void): Promise<{ response: Response; values: TensorValue[] }> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#closing) return Promise.reject(new SulcusError('CANCELLED', 'The engine is closing'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { what, values: [], resolve: (response, values) => resolve({ response, values }), reject });
      send(id);
    });
  }

  #onResponse(response: Response): void {
    if (response.kind === 'ready') return this.#ready.resolve(response.info);
    if (response.kind === 'unavailable')
      return this.#ready.reject(
        new SulcusError(
          'ENGINE_UNAVAILABLE',
          `${this.kind === 'tensorflow' ? 'TensorFlow' : 'The portable engine'} does not load: ${response.message}`,
        ),
      );
    const pending = this.#pending.get(response.id);
    if (!pending) return;
    if (response.kind === 'fetched') {
      pending.values[response.index] = response.value;
      return;
    }
    this.#pending.delete(response.id);
    if (response.kind === 'failed')
      pending.reject(new SulcusError('ENGINE_FAILED', `The ${pending.what} failed: ${response.message}`));
    else pending.resolve(response, pending.values);
  }

  #onEnd(reason: string): void {
    if (this.#failure) return;
    this.#failure = new SulcusError('ENGINE_FAILED', `The engine process ${reason}`);
    this.#ready.reject(new SulcusError('ENGINE_UNAVAILABLE', `The engine process ${reason}`));
    for (const pending of this.#pending.values()) pending.reject(this.#failure);
    this.#pending.clear();
    if (!this.#closing) for (const listener of this.#exitListeners) listener(this.#failure);
    this.#ended.resolve();
  }
}

/** What an engine is sent of a program: TensorFlow a SavedModel, perhaps with a device's own ops, the portable one plain nodes. */
function formFor(
  { kind, oneDnn, convolutions, norms }: EngineInfo,
  program: Program | SerializedProgram,
): ProgramPorts & { form: ModelForm } {
  if (kind === 'portable') {
    if (!('graph' in program))
      throw new SulcusError(
        'INVALID_ARGUMENT',
        'A serialised program runs on the TensorFlow engine only: load the program itself',
      );
    const { nodes, ...ports } = portableForm(program);
    return { form: { nodes }, ...ports };
  }
  const { savedModel, ...ports } =
    'graph' in program ? serializeProgram(program, { oneDnn, convolutions, norms }) : program;
  return { form: { savedModel }, ...ports };
}

/** uint8 is fetched as int32, which the binding can read. */
const asBytes = (value: TensorValue): TensorValue => ({
  dtype: 'uint8',
  shape: value.shape,
  data: Uint8Array.from(value.data as Int32Array),
});
