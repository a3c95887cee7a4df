import { noteUnusedPlaces, readLastPlace, Streams, type Bus, type LastPlace, type UnusedPlaces } from '#libs/bus';
import { codecs } from '#libs/contracts';
import type { Logger } from '#libs/telemetry';

/**
 * Sees which places of SCANS a full disk uses up, so that an audit need not take them for lost scans.
 *
 * What one process of a server has acknowledged it has in memory until it ends. A place that was given since the last
 * look at the same process, that is the newest, and where nothing lies though the server refuses to write and therefore
 * to delete, was never acknowledged. Of what another process gave nothing is said.
 */
export class UnusedPlacesWatch {
  /** At the last look at which the broker was well. */
  #well: LastPlace | undefined;
  /** At this look. */
  #now: LastPlace | undefined;
  /** Seen and not on record yet: a broker that is full takes no note either. */
  readonly #seen = new Map<number, UnusedPlaces>();

  constructor(
    private readonly bus: Bus,
    private readonly monitorUrl: string,
  ) {}

  /** To be called before it is known whether the broker is well: what fails in between then counts as not well. */
  async lookBefore(): Promise<void> {
    this.#now = await readLastPlace(this.monitorUrl, Streams.SCANS).catch(() => undefined);
  }

  /** Of a broker that is well: what was seen goes on record. */
  async isWell(log: Logger): Promise<void> {
    // One that has just begun to answer is another process: of its places the last look says nothing.
    this.#well = this.#now ?? (await readLastPlace(this.monitorUrl, Streams.SCANS));
    for (const [first, places] of this.#seen) {
      await noteUnusedPlaces(this.bus, places);
      this.#seen.delete(first);
      log.warn(places, 'places of SCANS are unused: the disk was full when they were given');
    }
  }

  /** Of a broker whose disk has stopped it. */
  async isStopped(): Promise<void> {
    const [well, now] = [this.#well, await readLastPlace(this.monitorUrl, Streams.SCANS)];
    if (!well || well.serverId !== now?.serverId || !(await this.bus.writeErrorOf(Streams.SCANS))) return;
    let first = now.lastSequence + 1;
    while (first - 1 > well.lastSequence && !(await this.#holds(first - 1))) first--;
    if (first <= now.lastSequence) this.#seen.set(first, { first, last: now.lastSequence });
  }

  /** True also where something lies that cannot be read. */
  async #holds(place: number): Promise<boolean> {
    const found = this.bus.get(Streams.SCANS, place, codecs.Scan, { retryTimeoutMs: 0 });
    return await found.then(Boolean, () => true);
  }
}
