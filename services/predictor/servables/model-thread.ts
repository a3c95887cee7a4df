import path from 'node:path';
import { waitFor } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { ModelCard } from '#libs/registry';
import { ThreadClient } from '#libs/threads';
import type { EngineFacts } from './engine-facts.js';
import type { ModelThreadData } from './thread-entry.js';
import type { ClassHeatMap, LoadParameters, ModelThreadMethods } from './thread.js';

const ENTRY = new URL(`./thread-entry${path.extname(import.meta.url)}`, import.meta.url);

/** A call that takes longer than this means the engine hangs; it is ended. */
const HANG_MS = 60_000;
/** How long a run may go on in an engine that is to end. */
const END_GRACE_MS = 5_000;

/** The thread of one model version, and the engine process behind it. */
export class ModelThread {
  readonly #client: ThreadClient<ModelThreadMethods>;
  readonly #version: string;
  #enginePid: number | undefined;
  #onFailure: (error: SulcusError) => void = () => undefined;

  constructor(version: string, data: ModelThreadData) {
    this.#version = version;
    this.#client = new ThreadClient(ENTRY, `thread of model version ${version}`, data);
  }

  /** Process that holds the model, once it is started. */
  get enginePid(): number | undefined {
    return this.#enginePid;
  }

  /** Fetches and verifies the weights. @throws MODEL_INVALID, bus errors */
  fetch(natsUrl: string, card: ModelCard): Promise<void> {
    return this.#client.call('fetch', { natsUrl, card });
  }

  /** @param threads undefined: one per core */
  async startEngine(threads: number | undefined): Promise<void> {
    this.#enginePid = await this.#client.call('start', { threads, label: `predictor ${this.#version}` });
  }

  /** Gives the engine the weights, warms it up and checks it. @throws MODEL_INVALID; engine errors */
  load(parameters: LoadParameters): Promise<EngineFacts> {
    return this.#client.call('load', parameters);
  }

  /** Tells of the engine's end, once it is loaded, or of its hanging; either ends the thread's use. */
  watch(onFailure: (error: SulcusError) => void): void {
    this.#onFailure = onFailure;
    const failed = (why: string): void =>
      onFailure(new SulcusError('ENGINE_FAILED', `The engine of ${this.#version} is gone: ${why}`));
    this.#client.call('engineEnded', undefined).then(failed, () => failed('its thread ended'));
  }

  /**
   * @param pixels `[count, height, width, channels]` uint8; taken away from the caller
   * @returns `[count, classes]` probabilities
   */
  predict(pixels: Uint8Array<ArrayBuffer>, count: number): Promise<Float32Array> {
    return this.#whileResponsive(this.#client.call('predict', { pixels, count }, [pixels.buffer]));
  }

  /** @param pixels `[1, height, width, channels]` uint8 */
  explain(pixels: Uint8Array, classIndex: number): Promise<ClassHeatMap> {
    return this.#whileResponsive(this.#client.call('explain', { pixels, classIndex }));
  }

  /** Lets the thread close its engine, and ends both by force when a run does not come to an end. */
  async end(): Promise<void> {
    const force = setTimeout(() => {
      try {
        if (this.#enginePid !== undefined) process.kill(this.#enginePid, 'SIGKILL');
      } catch {
        // It has just ended by itself.
      }
      void this.#client.terminate();
    }, END_GRACE_MS);
    await this.#client.close();
    clearTimeout(force);
  }

  async #whileResponsive<T>(work: Promise<T>): Promise<T> {
    const watchdog = setTimeout(() => {
      this.#onFailure(
        new SulcusError('ENGINE_FAILED', `The engine of ${this.#version} has not answered for ${HANG_MS} ms`),
      );
      void this.end();
    }, HANG_MS);
    try {
      return await waitFor(`the engine of ${this.#version} to answer`, work);
    } catch (error) {
      if (!this.#client.ended) throw error;
      // As when it stood still and was ended: no defect, and another one answers.
      throw new SulcusError('ENGINE_FAILED', `The engine of ${this.#version} has been ended before it answered`, {
        cause: error,
      });
    } finally {
      clearTimeout(watchdog);
    }
  }
}
