import {
  ACCOUNTED_STREAMS,
  isAppendOnly,
  noteUnusedPlaces,
  readLastPlace,
  type AccountedStream,
  type Bus,
  type LastPlace,
  type UnusedPlaces,
} from '#libs/bus';
import { codecs } from '#libs/contracts';
import type { Logger } from '#libs/telemetry';

const CODECS = { SCANS: codecs.Scan, DECISIONS: codecs.Decision } as const;

/**
 * Sees which places of a stream a full disk uses up, so that an audit need not take them for lost scans or decisions.
 *
 * What one process of a server has acknowledged it has in memory until it ends. A place was never acknowledged if it
 * was given since the last look at the same process, it is the newest, and nothing lies there though the server deletes
 * nothing: it refuses to write, or the stream keeps all it has. Of what another process gave nothing is said.
 */
export class UnusedPlacesWatch {
  readonly #streams: readonly WatchedStream[];

  constructor(bus: Bus, monitorUrl: string) {
    this.#streams = ACCOUNTED_STREAMS.map((stream) => new WatchedStream(stream, bus, monitorUrl));
  }

  /** To be called before it is known whether the broker is well: what fails in between then counts as not well. */
  async lookBefore(): Promise<void> {
    for (const stream of this.#streams) await stream.lookBefore();
  }

  /** Of a broker that is well: what was seen goes on record. */
  async isWell(log: Logger): Promise<void> {
    for (const stream of this.#streams) await stream.isWell(log);
  }

  /** Of a broker whose disk has stopped it. */
  async isStopped(): Promise<void> {
    for (const stream of this.#streams) await stream.isStopped();
  }
}

class WatchedStream {
  /** At the last look at which the broker was well. */
  #well: LastPlace | undefined;
  /** At this look. */
  #now: LastPlace | undefined;
  /** Seen and not on record yet: a broker that is full takes no note either. */
  readonly #seen = new Map<number, UnusedPlaces>();

  constructor(
    private readonly stream: AccountedStream,
    private readonly bus: Bus,
    private readonly monitorUrl: string,
  ) {}

  async lookBefore(): Promise<void> {
    this.#now = await this.#last().catch(() => undefined);
  }

  async isWell(log: Logger): Promise<void> {
    // One that has just begun to answer is another process: of its places the last look says nothing.
    this.#well = this.#now ?? (await this.#last());
    for (const [first, places] of this.#seen) {
      await noteUnusedPlaces(this.bus, this.stream, places);
      this.#seen.delete(first);
      log.warn(places, `places of ${this.stream} are unused: the disk was full when they were given`);
    }
  }

  async isStopped(): Promise<void> {
    const [well, now] = [this.#well, await this.#last()];
    if (!well || well.serverId !== now?.serverId || (await this.#couldDelete())) return;
    let first = now.lastSequence + 1;
    while (first - 1 > well.lastSequence && !(await this.#holds(first - 1))) first--;
    if (first <= now.lastSequence) this.#seen.set(first, { first, last: now.lastSequence });
  }

  /** Whether what is not there could have been deleted since the last look: then it explains nothing. */
  async #couldDelete(): Promise<boolean> {
    return !isAppendOnly(this.stream) && !(await this.bus.writeErrorOf(this.stream));
  }

  #last(): Promise<LastPlace | undefined> {
    return readLastPlace(this.monitorUrl, this.stream);
  }

  /** True also where something lies that cannot be read. */
  async #holds(place: number): Promise<boolean> {
    const found = this.bus.get<unknown>(this.stream, place, CODECS[this.stream], { retryTimeoutMs: 0 });
    return await found.then(Boolean, () => true);
  }
}
