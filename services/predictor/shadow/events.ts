import { publishEvent, type Bus } from '#libs/bus';
import type { SulcusError } from '#libs/errors';
import { forgetOldest } from '#libs/memory';
import type { Logger } from '#libs/telemetry';
import type { AliasObserver } from '../servables/alias-manager.js';
import type { Servable } from '../servables/servable.js';
import { ShadowComparison } from './comparison.js';

/** Pairs of versions whose counts are kept: many more than are compared at a time. */
const PAIRS = 16;

/** What operators are told of shadow traffic: never an error of the service, since no caller notices any of it. */
export class ShadowEvents implements AliasObserver {
  readonly #bus: Bus;
  readonly #instance: string;
  readonly #log: Logger;
  readonly #pairs = new Map<string, ShadowComparison>();
  readonly #changed = new Set<ShadowComparison>();
  /** Codes of the failures that were logged, per version: the others are counted. */
  readonly #logged = new Set<string>();

  constructor(bus: Bus, instance: string, log: Logger) {
    this.#bus = bus;
    this.#instance = instance;
    this.#log = log;
  }

  swapped({ card: { version }, loadMs, enginePid }: Servable): void {
    this.#logged.clear();
    this.#log.info({ version, load_ms: Math.round(loadMs), engine_pid: enginePid }, 'shadow version ready');
    this.#tell(`Shadow version ${version} is ready: a share of the traffic is mirrored to it`);
  }

  failed(version: string, error: SulcusError, retrying: boolean): void {
    this.#log.warn({ err: error, version, retrying }, 'shadow version cannot be loaded');
    const next = retrying ? 'trying again' : 'nothing is mirrored to it';
    this.#tell(`Shadow version ${version} cannot be loaded (${next}): ${error.message}`);
  }

  serving(): void {
    // Health is about the version that answers callers.
  }

  /** The counts of a pair of versions, to be added to. */
  comparing(liveVersion: string, shadowVersion: string): ShadowComparison {
    const key = `${liveVersion} ${shadowVersion}`;
    let pair = this.#pairs.get(key);
    if (!pair) {
      pair = new ShadowComparison(liveVersion, shadowVersion);
      this.#pairs.set(key, pair);
      forgetOldest(this.#pairs, PAIRS);
    }
    this.#changed.add(pair);
    return pair;
  }

  /** The shadow had no answer to an image. */
  notCompared(pair: ShadowComparison, error: SulcusError): void {
    pair.failed++;
    const key = `${pair.shadowVersion} ${error.code}`;
    if (this.#logged.has(key)) return;
    this.#logged.add(key);
    this.#log.warn(
      { err: error, version: pair.shadowVersion },
      'the shadow had no answer to an image; more of the kind are counted only',
    );
  }

  /** Publishes the counts that have changed since the last report. */
  async report(): Promise<void> {
    const pairs = [...this.#changed];
    this.#changed.clear();
    for (const pair of pairs) await publishEvent(this.#bus, 'predictor', this.#instance, { shadow: pair.report() });
  }

  #tell(message: string): void {
    void publishEvent(this.#bus, 'predictor', this.#instance, { state: { state: 'ready', message } });
  }
}
