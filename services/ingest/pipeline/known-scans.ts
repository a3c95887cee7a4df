import { followScanHashes, type Bus } from '#libs/bus';
import { KnownSplits, whomOf } from './known-splits.js';
import { NearDuplicates } from './near-duplicates.js';

/** What is known is used as it is when the stream has not been read in this time. */
const READING_TIMEOUT_MS = 30_000;

/**
 * What an image is compared with that was ingested before, learnt from the headers of SCANS once, when it is first
 * needed, and from what this process takes in since. Another process that takes images in at the same time is not seen.
 */
export class KnownScans {
  readonly pictures = new NearDuplicates();
  readonly splits = new KnownSplits();
  readonly #bus: Bus;
  #read: Promise<void> | undefined;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** Resolves when what was stored before is known. */
  ready(): Promise<void> {
    this.#read ??= this.#readStored();
    return this.#read;
  }

  async #readStored(): Promise<void> {
    const signal = AbortSignal.timeout(READING_TIMEOUT_MS);
    try {
      for await (const { hash, sampleId, split, ...scan } of followScanHashes(this.#bus, {
        signal,
        storedOnly: true,
      })) {
        if (split === 'SPLIT_UNSPECIFIED') continue;
        this.pictures.add({ sampleId, split, hash });
        const whom = whomOf(scan);
        if (whom !== undefined) this.splits.add(whom, split);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
