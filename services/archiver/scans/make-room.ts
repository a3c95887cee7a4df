import pLimit, { type LimitFunction } from 'p-limit';
import { followScans, Streams, type ScanEntry } from '#libs/bus';
import { isDamage, SulcusError } from '#libs/errors';
import type { ArchiverConfig } from '../config.js';
import type { ArchiverEvents } from '../events.js';
import { archiveScan, type ArchivingContext } from './archive-scan.js';
import { readRunNeeds, type RunNeeds } from './run-needs.js';
import type { UnderWay } from './under-way.js';

export interface RoomContext extends ArchivingContext {
  readonly underWay: UnderWay;
  readonly events: ArchiverEvents;
  readonly config: ArchiverConfig;
}

/** Scans between two looks at how full the stream is. */
const BATCH = 64;

/** What runs need is read again after this time: a run may have begun. */
const NEEDS_AGE_MS = 500;

/** A round that moved nothing is not made again before this time, and ten times what it took. */
const LEAST_REST_MS = 1000;
const REST_FACTOR = 10;

/** Unlabelled scans are looked for by age this often within that age, and no more often than every ten seconds. */
const AGE_CHECKS = 100;
const LEAST_AGE_CHECK_MS = 10_000;

/**
 * Keeps SCANS below its high watermark: whenever it is above, the oldest scans that may leave are archived, down to the
 * low watermark. It reads the headers of the stream from the front each time and remembers nothing of them, so that its
 * memory does not grow with the stream.
 */
export class RoomMaker {
  readonly #context: RoomContext;
  readonly #limit: LimitFunction;
  /** Sequences of scans that cannot be archived whatever happens. */
  readonly #stuck = new Set<number>();
  #needs: { needs: RunNeeds; readAtMs: number } | undefined;
  #restUntilMs = 0;
  #ageCheckAtMs = 0;

  constructor(context: RoomContext) {
    this.#context = context;
    this.#limit = pLimit(context.config.concurrency);
  }

  /**
   * Looks at the stream and makes room when there is need.
   *
   * @throws what the archive or the broker throws: nothing is lost, and it is to be tried again
   */
  async look(signal: AbortSignal): Promise<void> {
    const { bus, events, config } = this.#context;
    const stats = await bus.statsOf(Streams.SCANS);
    events.looked(stats);
    const { bytes, maxBytes } = stats;
    const nowMs = performance.now();
    if (maxBytes > 0 && bytes > config.highWatermark * maxBytes) {
      if (nowMs >= this.#restUntilMs) await this.#makeRoom(maxBytes, signal);
      return;
    }
    events.roomMade(0);
    const oldestMs = stats.firstUnixMs ?? Number.POSITIVE_INFINITY;
    if (nowMs >= this.#ageCheckAtMs && Date.now() - oldestMs > config.unlabelledAgeMs) {
      await this.#byAge(signal);
      this.#ageCheckAtMs = performance.now() + Math.max(LEAST_AGE_CHECK_MS, config.unlabelledAgeMs / AGE_CHECKS);
    }
  }

  /** What runs retain without a label leaves when there is too little room otherwise. */
  async #makeRoom(maxBytes: number, signal: AbortSignal): Promise<void> {
    const { events, config } = this.#context;
    const startedMs = performance.now();
    let archived = 0;
    let staying: ReadonlyMap<string, number> = new Map();
    for (const wishes of [true, false]) {
      const round = await this.#downTo(config.lowWatermark * maxBytes, wishes, signal);
      if (signal.aborted) return;
      archived += round.archived;
      staying = round.staying;
      if (round.bytes <= config.highWatermark * maxBytes) break;
    }
    events.roomMade(archived);
    if (staying.size > 0) events.noRoom(whyFull(staying));
    const now = performance.now();
    if (archived === 0) this.#restUntilMs = now + Math.max(LEAST_REST_MS, REST_FACTOR * (now - startedMs));
  }

  /** Goes through the stream once. The result says what it then holds, and why the rest stays if that is too much. */
  async #downTo(
    targetBytes: number,
    wishes: boolean,
    signal: AbortSignal,
  ): Promise<{ archived: number; bytes: number; staying: ReadonlyMap<string, number> }> {
    const { bus, events } = this.#context;
    const staying = new Map<string, number>();
    let archived = 0;
    for await (const batch of this.#leaving({ wishes, staying, signal })) {
      archived += await this.#archiveAll(batch);
      const stats = await bus.statsOf(Streams.SCANS);
      events.looked(stats);
      if (stats.bytes <= targetBytes) return { archived, bytes: stats.bytes, staying: new Map() };
    }
    return { archived, bytes: (await bus.statsOf(Streams.SCANS)).bytes, staying };
  }

  async #byAge(signal: AbortSignal): Promise<void> {
    const { config, events } = this.#context;
    const beforeUnixMs = Date.now() - config.unlabelledAgeMs;
    let archived = 0;
    for await (const batch of this.#leaving({ wishes: false, staying: new Map(), signal, beforeUnixMs }))
      archived += await this.#archiveAll(batch);
    events.roomMade(archived);
  }

  /**
   * Batches of scans that may leave, oldest first.
   *
   * @param options `staying` counts the others by the reason; `beforeUnixMs`: only older ones, and without a label
   */
  async *#leaving({
    wishes,
    staying,
    signal,
    beforeUnixMs = Number.POSITIVE_INFINITY,
  }: {
    wishes: boolean;
    staying: Map<string, number>;
    signal: AbortSignal;
    beforeUnixMs?: number;
  }): AsyncGenerator<ScanEntry[]> {
    const { bus, labels } = this.#context;
    let batch: ScanEntry[] = [];
    for await (const scan of followScans(bus, { signal, storedOnly: true })) {
      if (scan.timeUnixMs >= beforeUnixMs) break;
      const { name, sequence } = labels.newest(scan);
      const labelled = name !== '';
      if (labelled && beforeUnixMs < Number.POSITIVE_INFINITY) continue;
      const needs = await this.#currentNeeds();
      const reason = this.#stuck.has(scan.sequence)
        ? 'cannot be archived (the log says why)'
        : needs.reasonToStay({ ...scan, labelSequence: labelled ? sequence : undefined }, { wishes });
      if (reason !== undefined) {
        staying.set(reason, (staying.get(reason) ?? 0) + 1);
        continue;
      }
      batch.push(scan);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0 && !signal.aborted) yield batch;
  }

  async #currentNeeds(): Promise<RunNeeds> {
    const { bus, events, config } = this.#context;
    const nowMs = performance.now();
    if (!this.#needs || nowMs - this.#needs.readAtMs > NEEDS_AGE_MS) {
      this.#needs = { needs: await readRunNeeds(bus, config.runAgeMs), readAtMs: nowMs };
      events.runsAbandoned(this.#needs.needs.abandoned);
    }
    return this.#needs.needs;
  }

  /** @returns how many scans left the stream. @throws the first failure, when all that was begun has ended */
  async #archiveAll(batch: readonly ScanEntry[]): Promise<number> {
    let archived = 0;
    let failure: SulcusError | undefined;
    const archiveOne = async (scan: ScanEntry): Promise<void> => {
      if (failure !== undefined) return;
      try {
        const sizeBytes = await this.#context.underWay.during(scan, () => archiveScan(this.#context, scan));
        if (sizeBytes === undefined) return;
        archived++;
        this.#context.events.archived(scan.sampleId, scan.sequence, sizeBytes);
      } catch (error) {
        if (isDamage(error) || SulcusError.from(error).code === 'NOT_FOUND') this.#leaveForGood(scan, error);
        else failure ??= SulcusError.from(error);
      }
    };
    await Promise.all(batch.map((scan) => this.#limit(() => archiveOne(scan))));
    if (failure !== undefined) throw failure;
    return archived;
  }

  #leaveForGood({ sampleId, sequence }: ScanEntry, error: unknown): void {
    this.#stuck.add(sequence);
    this.#context.events.stuck(sampleId, sequence, SulcusError.from(error));
  }
}

/** For example `no room can be made: 812 scans have not been learned by run "main" yet`. */
const whyFull = (staying: ReadonlyMap<string, number>): string =>
  `no room can be made: ${[...staying].map(([reason, count]) => `${count} scans ${reason}`).join('; ')}`;
