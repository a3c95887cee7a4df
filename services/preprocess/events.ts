import { publishEvent, type Bus } from '#libs/bus';
import type { BatchRequest } from '#libs/contracts';
import type { SulcusError } from '#libs/errors';
import type { UncroppedReason } from '#libs/imaging';
import type { Logger } from '#libs/telemetry';

const REPORT_INTERVAL_MS = 500;
const WAITING_INTERVAL_MS = 10_000;

/**
 * Business events of a preprocess worker: each keeps its counter, its log record and its report to operators together.
 */
export class PreprocessEvents {
  /** Cumulative since the worker started. */
  readonly counts = { batches: 0, samples: 0, decoded: 0, dropped: 0 };
  readonly #bus: Bus;
  readonly #instance: string;
  readonly #log: Logger;
  #cache: { readonly bytes: number } = { bytes: 0 };
  #timer: NodeJS.Timeout | undefined;
  #reported = '';
  #reporting: Promise<void> = Promise.resolve();
  #waitingSaidAtMs = Number.NEGATIVE_INFINITY;

  constructor(bus: Bus, instance: string, log: Logger) {
    this.#bus = bus;
    this.#instance = instance;
    this.#log = log;
  }

  /** The worker takes requests from here on; counts are reported while they change. */
  start(cache: { readonly bytes: number }): void {
    this.#cache = cache;
    this.#timer = setInterval(() => this.#reportChanges(), REPORT_INTERVAL_MS).unref();
    this.#log.info('ready');
    this.#state('ready', 'Waits for batch requests');
  }

  /** An image was fetched and decoded: the cache did not have it. */
  decoded(): void {
    this.counts.decoded++;
  }

  /** The crop to the head found none worth cropping to; the image is used whole. */
  uncropped(sampleId: string, reason: UncroppedReason): void {
    this.#log.warn({ sample: sampleId, reason }, 'image left uncropped');
  }

  /** A batch is stored. */
  batchStored(request: BatchRequest, samples: number, dropped: number, prepareMs: number): void {
    this.counts.batches++;
    this.counts.samples += samples;
    this.counts.dropped += dropped;
    this.#log.debug(
      {
        run: request.run,
        epoch: request.epoch,
        sequence: request.sequence,
        samples,
        dropped,
        prepare_ms: Math.round(prepareMs),
      },
      'batch stored',
    );
  }

  /** A sample cannot be prepared and is given up. */
  sampleLost(sampleId: string, scanSequence: number, error: SulcusError): void {
    this.#log.warn(
      { sample: sampleId, scan_sequence: scanSequence, code: error.code, reason: error.rawMessage },
      'sample given up',
    );
  }

  /** A batch waits for room in its stream, or for the broker. One line stands for a long wait. */
  waiting(error: SulcusError): void {
    if (performance.now() - this.#waitingSaidAtMs < WAITING_INTERVAL_MS) return;
    this.#waitingSaidAtMs = performance.now();
    this.#log.info({ code: error.code, reason: error.rawMessage }, 'a batch waits to be stored');
  }

  /** Publishes the last counts. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    this.#state('stopping', 'Finished what was under way');
    this.#reportChanges();
    await this.#reporting;
  }

  #state(state: 'ready' | 'stopping', message: string): void {
    this.#reporting = this.#reporting.then(() =>
      publishEvent(this.#bus, 'preprocess', this.#instance, { state: { state, message } }),
    );
  }

  /** One report at a time: with the broker away they would pile up. */
  #reportChanges(): void {
    const progress = { ...this.counts, cacheBytes: this.#cache.bytes };
    const text = JSON.stringify(progress);
    if (text === this.#reported) return;
    this.#reported = text;
    this.#reporting = this.#reporting.then(() =>
      publishEvent(this.#bus, 'preprocess', this.#instance, { preprocess: progress }),
    );
  }
}
