import { setImmediate as nextTurn } from 'node:timers/promises';
import { Notifier, timeLimit } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { ImageInput, ImageWorkerPool } from '#libs/imaging';
import type { ModelCard } from '#libs/registry';
import type { AliasManager } from '../servables/alias-manager.js';
import type { Servable } from '../servables/servable.js';
import { PRIORITY_LEVELS } from '../serving/priority.js';
import type { ShadowEvents } from './events.js';
import { isInShare } from './share.js';

/** A prediction that was answered by the live version. */
export interface LiveAnswer {
  predictionId: string;
  card: ModelCard;
  probabilities: Float32Array;
  inferenceMs: number;
  /** Image as it came. */
  input: ImageInput;
  /** The same as the network got it, `[height, width, channels]`, 0-255. */
  pixels: Uint8Array;
}

export interface ShadowOptions {
  /** Keeps the shadow version loaded. */
  manager: AliasManager;
  pool: ImageWorkerPool;
  events: ShadowEvents;
  /** Share of the predictions to mirror, 0-1. */
  share: number;
}

/** Mirrored images that wait, at most; beyond that they are dropped and counted. */
const MAX_WAITING = 64;
const MAX_WAITING_BYTES = 64 * 2 ** 20;
/** An image that the shadow has not answered by then counts as failed. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Mirrors a share of the live traffic to another version, compares the answers and forgets them. Callers notice
 * nothing: it begins when their answer is out, one image at a time, in a process of the lowest priority.
 */
export class Shadow {
  readonly #options: ShadowOptions;
  readonly #waiting: LiveAnswer[] = [];
  #waitingBytes = 0;
  readonly #mirrored = new Notifier();

  constructor(options: ShadowOptions) {
    this.#options = options;
  }

  /** The shadow version, when it is ready. */
  get servable(): Servable | undefined {
    return this.#options.manager.serving;
  }

  /** Mirrors a prediction if it belongs to the share. Returns at once and never throws. */
  mirror(live: LiveAnswer): void {
    const { manager, share, events } = this.#options;
    const shadow = manager.serving;
    // Without a shadow, or when it has been promoted, there is nothing to compare.
    if (!shadow || shadow.card.version === live.card.version || !isInShare(live.predictionId, share)) return;
    if (this.#waiting.length >= MAX_WAITING || this.#waitingBytes + heldBytes(live) > MAX_WAITING_BYTES) {
      events.comparing(live.card.version, shadow.card.version).dropped++;
      return;
    }
    this.#waiting.push(live);
    this.#waitingBytes += heldBytes(live);
    this.#mirrored.notify();
  }

  /** Follows the alias and compares until `signal`; what waits then is forgotten. */
  async run(signal: AbortSignal): Promise<void> {
    const { manager, events } = this.#options;
    await Promise.all([manager.run(signal, events), this.#compareAll(signal)]);
  }

  /** Another version is live: when it is the shadow, that one is unloaded until either changes. */
  reconsider(): void {
    this.#options.manager.reconsider();
  }

  /** Reports the counts that have changed. */
  report(): Promise<void> {
    return this.#options.events.report();
  }

  /** Ends the engine. */
  close(): Promise<void> {
    return this.#options.manager.close();
  }

  async #compareAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const live = this.#waiting.shift();
      if (!live) {
        await this.#mirrored.wait(signal);
        continue;
      }
      this.#waitingBytes -= heldBytes(live);
      // The answer to the caller is written first.
      await nextTurn();
      using limit = timeLimit(signal, ANSWER_TIMEOUT_MS);
      await this.#compare(live, limit.signal, signal);
    }
  }

  async #compare(live: LiveAnswer, limit: AbortSignal, stopping: AbortSignal): Promise<void> {
    const { manager, events } = this.#options;
    if (!manager.serving || manager.serving.card.version === live.card.version) return;
    const { servable: shadow, release } = manager.serving.acquire();
    const pair = events.comparing(live.card.version, shadow.card.version);
    try {
      const pixels = await this.#pixelsFor(shadow, live, limit);
      const { result, runMs } = await shadow.predict(pixels, limit);
      pair.add(
        { classes: live.card.classes, probabilities: live.probabilities, inferenceMs: live.inferenceMs },
        { classes: shadow.card.classes, probabilities: result, inferenceMs: runMs },
      );
    } catch (error) {
      if (!stopping.aborted) events.notCompared(pair, SulcusError.from(error));
    } finally {
      release();
    }
  }

  /**
   * The pixels that the live version got, when both prepare images in the same way; else prepared anew, after everybody
   * else.
   */
  async #pixelsFor(shadow: Servable, { card, input, pixels }: LiveAnswer, signal: AbortSignal): Promise<Uint8Array> {
    if (shadow.card.transformHash === card.transformHash) return pixels;
    if (input.format !== 'encoded')
      throw new SulcusError(
        'INVALID_ARGUMENT',
        `${shadow.card.version} takes images that are prepared in another way, and the caller sent pixels`,
      );
    const options = { signal, priority: PRIORITY_LEVELS };
    return (await this.#options.pool.prepareInput(shadow.transform, input, options)).pixels;
  }
}

const heldBytes = ({ input, pixels }: LiveAnswer): number => input.bytes.byteLength + pixels.byteLength;
