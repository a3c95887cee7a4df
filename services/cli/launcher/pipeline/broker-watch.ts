import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pause } from '#libs/async';
import { readBrokerFaults, type BrokerFault } from '#libs/bus';
import type { Logger } from '#libs/telemetry';
import type { SupervisedProcess } from '../processes/supervised-process.js';
import { freeBytes } from './storage.js';
import type { UnusedPlacesWatch } from './unused-places-watch.js';

const INTERVAL_MS = 2000;

/** With less than this free, a few large messages, its disk would soon stop a broker that is started again. */
const ROOM_BYTES = 32e6;

/** Between two restarts for the same cause. */
const RESTART_INTERVAL_MS = 15_000;
const RESTART_GRACE_MS = 5000;
/** A stopped broker is asked so long which places it used up before it is restarted without knowing. */
const PLACES_TIMEOUT_MS = 10_000;
const PROBE_BYTES = 65_536;
/** One that runs and says nothing for so long, and at two looks, is ended. */
const SILENT_AFTER_MS = 40_000;

export interface WatchedBroker {
  /** `http://host:port` of its monitoring. */
  monitorUrl: string;
  /** Ours to restart, and the folder that it stores in; undefined for a broker that others run. */
  own?: { process: SupervisedProcess; folder: string };
  /** Told of each look, for what a full disk does to streams. */
  places?: UnusedPlacesWatch;
}

/**
 * Looks at the broker every two seconds. One of our own that its disk has stopped is restarted as soon as there is room
 * again: nats-server itself goes on refusing. So is one that runs and says nothing for two thirds of a minute: it
 * stands still, and everybody waits for it.
 */
export class BrokerWatch {
  /** What was wrong at the last look, once what that does to streams is known too. */
  faults: readonly BrokerFault[] = [];
  readonly #broker: WatchedBroker;
  #told = '';
  #restartedAtMs = -Infinity;
  /** Since when the disk has stopped it, as far as the looks tell. */
  #stoppedSinceMs: number | undefined;
  #silent: { sinceMs: number; looks: number } | undefined;

  constructor(broker: WatchedBroker) {
    this.#broker = broker;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal, log: Logger): Promise<void> {
    while (!signal.aborted) {
      await this.#look(log);
      await pause(INTERVAL_MS, signal);
    }
  }

  async #look(log: Logger): Promise<void> {
    const { monitorUrl, own, places } = this.#broker;
    const beganMs = performance.now();
    await places?.lookBefore();
    const faults = await readBrokerFaults(monitorUrl);
    const stopped = faults.find(({ needsRestart }) => needsRestart);
    const placesKnown = await this.#lookAtPlaces(stopped !== undefined, log);
    this.faults = faults;
    this.#tell(log);
    if (!stopped) this.#stoppedSinceMs = undefined;
    await this.#endSilent(faults, beganMs, log);
    if (!own || !stopped || own.process.state !== 'running') return;
    const nowMs = performance.now();
    this.#stoppedSinceMs ??= nowMs;
    // With the process goes what it knows of its places.
    if (!placesKnown && nowMs - this.#stoppedSinceMs < PLACES_TIMEOUT_MS) return;
    if (nowMs - this.#restartedAtMs < RESTART_INTERVAL_MS || !canBeWritten(own.folder)) return;
    this.#restartedAtMs = nowMs;
    const reason = `its disk takes writes again, and it keeps refusing (${stopped.code})`;
    log.warn({ fault: stopped.message }, `nats-server is restarted: ${reason}`);
    await own.process.restart(reason, RESTART_GRACE_MS);
  }

  async #endSilent(faults: readonly BrokerFault[], beganMs: number, log: Logger): Promise<void> {
    const process = this.#broker.own?.process;
    const isSilent = process?.state === 'running' && faults.some((fault) => fault.isSilent);
    const { sinceMs, looks } = this.#silent ?? { sinceMs: beganMs, looks: 0 };
    this.#silent = isSilent ? { sinceMs, looks: looks + 1 } : undefined;
    const silentMs = performance.now() - sinceMs;
    if (!process || !isSilent || looks < 1 || silentMs < SILENT_AFTER_MS) return;
    this.#silent = undefined;
    const reason = `it ran and said nothing for ${Math.round(silentMs / 1000)} s`;
    log.warn(`nats-server is restarted: ${reason}`);
    await process.restart(reason, RESTART_GRACE_MS);
  }

  /** False where nothing could be learned; another look may. */
  async #lookAtPlaces(stopped: boolean, log: Logger): Promise<boolean> {
    const { places } = this.#broker;
    try {
      await (stopped ? places?.isStopped() : places?.isWell(log));
      return true;
    } catch (err) {
      log.warn({ err }, 'cannot look for places of streams that are unused');
      return false;
    }
  }

  #tell(log: Logger): void {
    const told = describeFaults(this.faults);
    if (told === this.#told) return;
    this.#told = told;
    if (told === '') log.info('the broker is well again');
    else log.warn({ codes: this.faults.map(({ code }) => code) }, `the broker: ${told}`);
  }
}

/** Whether a broker that stores there would find room, on a disk that takes what is written. */
function canBeWritten(folder: string): boolean {
  try {
    if (freeBytes(folder) < ROOM_BYTES) return false;
    const file = path.join(folder, 'probe');
    writeFileSync(file, Buffer.alloc(PROBE_BYTES));
    rmSync(file);
    return true;
  } catch {
    return false;
  }
}

/** One sentence; empty for a broker that is well. */
export const describeFaults = (faults: readonly BrokerFault[]): string =>
  faults.map(({ code, message }) => `${code}: ${message}`).join('; ');
