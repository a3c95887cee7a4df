import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, statfs, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Notifier } from '#libs/async';
import { codecs, rememberBytes, type ForwardedScan, type ForwardedScanInput } from '#libs/contracts';
import { FolderSync, makeFolder, syncFolder, UNFINISHED, writeDurably } from '#libs/durable-files';
import { SulcusError } from '#libs/errors';
import { entryOf, keyOf, nameOf, sampleOf, tagOfLabel, type SpoolEntry } from './entry.js';
import { FreshSamples } from './fresh-samples.js';
import { SegmentLog, type Place } from './segment-log.js';
import { WaitingLine, type SendOrder } from './waiting-line.js';

export interface SpoolOptions {
  /** Made when missing. */
  folder: string;
  /** What the spool may take of the disk. */
  maxBytes: number;
  /** What is left free on the disk for everybody else. */
  reserveBytes: number;
}

/** What is in the spool, and how much more goes in. */
export interface SpoolState {
  samples: number;
  bytes: number;
  maxBytes: number;
  /** Free on the disk beyond the reserve; at least 0. */
  freeBytes: number;
  /** When the sample that has waited longest came, milliseconds since the Unix epoch. */
  oldestUnixMs: number | undefined;
  /** Samples that the core has refused, kept beside the spool. */
  refused: number;
}

/** The disk is asked this often how much of it is free. */
const ROOM_MS = 200;

/** A scan to keep: its image is inline. */
export type SpooledScan = ForwardedScanInput & { scan: { sampleId: string; label: string } };

/**
 * Samples on the site's disk, from their acceptance until the core has them: many in a segment; large ones, those of a
 * long backlog and of earlier versions a file each. A sample appears whole or not at all, and is there after a power
 * loss when {@link Spool.add} resolves. One that was sent may come back after a power loss: it is sent again, and the
 * core knows it.
 */
export class Spool {
  /** Told of each sample that comes, leaves or is given back. */
  readonly changed = new Notifier();
  readonly #folder: string;
  readonly #refusedFolder: string;
  readonly #options: SpoolOptions;
  readonly #sync: FolderSync;
  readonly #line = new WaitingLine();
  readonly #fresh = new FreshSamples();
  #log!: SegmentLog;
  /** Of samples that lie in segments. */
  readonly #places = new Map<SpoolEntry, Place>();
  /** Of all samples here, until when they are durable: who brings one again waits for the first. */
  readonly #keys = new Map<string, Promise<void>>();
  /** Taken and not yet gone. */
  readonly #taken = new Set<SpoolEntry>();
  #bytes = 0;
  /** Free on the disk beyond the reserve, less what was written since. */
  #room = { bytes: 0, atMs: Number.NEGATIVE_INFINITY };
  #nextSequence = 0;
  #refused = 0;

  private constructor(options: SpoolOptions) {
    this.#options = options;
    this.#folder = path.join(options.folder, 'waiting');
    this.#refusedFolder = path.join(options.folder, 'refused');
    this.#sync = new FolderSync(this.#folder);
  }

  /**
   * Opens what is there; files that were being written when the power went were acknowledged to nobody and go.
   *
   * @throws INVALID_CONFIG for a folder that cannot be used
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    try {
      await spool.#load();
    } catch (error) {
      throw new SulcusError(
        'INVALID_CONFIG',
        `The spool ${options.folder} cannot be used: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
    return spool;
  }

  async state(): Promise<SpoolState> {
    const oldest = [this.#line.oldest, ...this.#taken].flatMap((entry) => entry?.storedUnixMs ?? []);
    return {
      samples: this.#line.length + this.#taken.size,
      bytes: this.#bytes,
      maxBytes: this.#options.maxBytes,
      freeBytes: await this.#freeBytes(),
      oldestUnixMs: oldest.length === 0 ? undefined : Math.min(...oldest),
      refused: this.#refused,
    };
  }

  /**
   * Keeps a scan; durable when this resolves.
   *
   * @returns its place in the order of arrival, and whether it was here before
   * @throws BACKPRESSURE when the spool or the disk is full; STORAGE_FULL, STORAGE_FAILED when the disk refuses
   */
  async add(scan: SpooledScan): Promise<{ sequence: number; isNew: boolean }> {
    const { sampleId, label } = scan.scan;
    const key = keyOf({ sampleId, labelTag: tagOfLabel(label) });
    const known = this.#keys.get(key);
    if (known) {
      await known;
      return { sequence: -1, isNew: false };
    }
    const sequence = this.#nextSequence++;
    const bytes = codecs.ForwardedScan.encode(scan);
    const entry = {
      sequence,
      storedUnixMs: Date.now(),
      sampleId,
      labelTag: tagOfLabel(label),
      sizeBytes: bytes.length,
    };
    const writing = this.#write(entry, bytes);
    this.#keys.set(key, writing);
    try {
      await writing;
    } catch (error) {
      this.#keys.delete(key);
      throw error;
    }
    this.#fresh.add(entry, bytes);
    this.#line.add(entry);
    this.changed.notify();
    return { sequence, isNew: true };
  }

  /** Which of the samples are here, synced, and wait for the core. */
  async durable(sampleIds: readonly string[]): Promise<Set<string>> {
    const wanted = new Set(sampleIds);
    const found = new Set<string>();
    for (const [key, written] of this.#keys) {
      const sampleId = sampleOf(key);
      if (!wanted.has(sampleId)) continue;
      const isWritten = await written.then(
        () => true,
        () => false,
      );
      if (isWritten) found.add(sampleId);
    }
    return found;
  }

  /** The next sample to send, which nobody else gets until it is given back; undefined: none waits. */
  take(order: SendOrder): SpoolEntry | undefined {
    const entry = this.#line.take(order);
    if (entry) this.#taken.add(entry);
    return entry;
  }

  /** It was not sent after all. */
  giveBack(entry: SpoolEntry): void {
    if (!this.#taken.delete(entry)) return;
    this.#line.add(entry);
    this.changed.notify();
  }

  /**
   * A sample as it was added, to be sent on as it is.
   *
   * @throws HASH_MISMATCH, MESSAGE_INVALID when the file is damaged; STORAGE_FAILED when it cannot be read
   */
  async read(entry: SpoolEntry): Promise<ForwardedScan> {
    const fresh = this.#fresh.get(entry);
    if (fresh) return rememberBytes(codecs.ForwardedScan.decode(fresh), fresh);
    const { name, bytes } = await this.#stored(entry);
    const scan = codecs.ForwardedScan.decode(bytes);
    const image = scan.scan?.image?.inline;
    if (!image || createHash('sha256').update(image).digest('hex') !== entry.sampleId)
      throw new SulcusError('HASH_MISMATCH', `${name} does not hold the sample that it is named after`);
    return rememberBytes(scan, bytes);
  }

  /** As it lies on the disk, and where. @throws STORAGE_FAILED */
  async #stored(entry: SpoolEntry): Promise<{ name: string; bytes: Buffer }> {
    const place = this.#places.get(entry);
    const file = path.join(this.#folder, nameOf(entry));
    try {
      return place
        ? { name: `${place.segment.file} at ${place.at}`, bytes: await this.#log.read(place) }
        : { name: file, bytes: await readFile(file) };
    } catch (error) {
      throw explained(error, 'cannot be read');
    }
  }

  /** The core has it. */
  async remove(entry: SpoolEntry): Promise<void> {
    await this.#delete(entry);
    this.#forget(entry);
    this.#bytes -= entry.sizeBytes;
    this.changed.notify();
  }

  /** Keeps a sample that cannot be sent beside the spool, with the cause; its bytes still count. */
  async setAside(entry: SpoolEntry, cause: { code: string; reason: string }): Promise<void> {
    const name = nameOf(entry);
    const note = `${JSON.stringify({ ...cause, at: new Date().toISOString() }, undefined, 2)}\n`;
    const isInSegment = this.#places.has(entry);
    const { bytes } = isInSegment ? await this.#stored(entry) : {};
    try {
      await writeFile(path.join(this.#refusedFolder, `${name}.json`), note, { mode: 0o600, flush: true });
      const refused = path.join(this.#refusedFolder, name);
      if (bytes) await writeDurably(refused, bytes);
      else await rename(path.join(this.#folder, name), refused);
    } catch (error) {
      throw explained(error, 'cannot be written');
    }
    if (isInSegment) await this.#delete(entry);
    this.#forget(entry);
    this.#refused++;
    this.changed.notify();
  }

  /** Lets go of the files. */
  async close(): Promise<void> {
    await this.#log.close();
  }

  /** Not synced: what comes back after a power loss is sent again, and does no harm. */
  async #delete(entry: SpoolEntry): Promise<void> {
    const place = this.#places.get(entry);
    const deleting = place ? this.#log.remove(place) : unlink(path.join(this.#folder, nameOf(entry)));
    await deleting.catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw explained(error, 'cannot be deleted from');
    });
  }

  #forget(entry: SpoolEntry): void {
    this.#places.delete(entry);
    this.#taken.delete(entry);
    this.#fresh.delete(entry);
    this.#keys.delete(keyOf(entry));
  }

  async #write(entry: SpoolEntry, bytes: Buffer): Promise<void> {
    this.#bytes += bytes.length;
    const file = path.join(this.#folder, nameOf(entry));
    try {
      await this.#requireRoom(bytes.length);
      if (this.#log.hasRoom(bytes.length)) this.#places.set(entry, await this.#log.append(entry, bytes));
      else await writeDurably(file, bytes, { listing: this.#sync });
    } catch (error) {
      this.#bytes -= bytes.length;
      await rm(file, { force: true }).catch(() => undefined);
      throw explained(error, 'cannot be written');
    }
  }

  /** @throws BACKPRESSURE */
  async #requireRoom(sizeBytes: number): Promise<void> {
    const { maxBytes } = this.#options;
    if (this.#bytes > maxBytes)
      throw new SulcusError(
        'BACKPRESSURE',
        `The spool is full: it holds ${this.#bytes - sizeBytes} of ${maxBytes} bytes`,
      );
    if (performance.now() - this.#room.atMs > ROOM_MS)
      this.#room = { bytes: await this.#freeBytes(), atMs: performance.now() };
    this.#room.bytes -= sizeBytes;
    if (this.#room.bytes < 0)
      throw new SulcusError('BACKPRESSURE', "The spool's disk is full but for what is reserved for others");
  }

  async #freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#folder);
    return Math.max(0, bavail * bsize - this.#options.reserveBytes);
  }

  /** What is left of them stays in the segment, which is not used again. */
  async #noteDamage(file: string, samples: number): Promise<void> {
    this.#refused += samples;
    const reason = `${samples} samples in ${file} cannot be read: the disk has changed where they begin`;
    const note = `${JSON.stringify({ code: 'HASH_MISMATCH', reason }, undefined, 2)}\n`;
    await writeDurably(path.join(this.#refusedFolder, `${path.basename(file)}.json`), note);
  }

  async #load(): Promise<void> {
    for (const folder of [this.#folder, this.#refusedFolder]) await makeFolder(folder);
    await syncFolder(this.#options.folder);
    const { log, found, damaged } = await SegmentLog.open(this.#folder, this.#options.maxBytes);
    this.#log = log;
    const entries: SpoolEntry[] = [];
    for (const { record, ...place } of found) {
      const { sequence, storedUnixMs, sampleId, labelTag, payloadBytes: sizeBytes } = record;
      const entry = { sequence, storedUnixMs, sampleId, labelTag, sizeBytes };
      this.#places.set(entry, place);
      entries.push(entry);
    }
    for (const name of await readdir(this.#folder)) {
      const file = path.join(this.#folder, name);
      if (name.endsWith(UNFINISHED)) {
        await rm(file, { force: true });
        continue;
      }
      const entry = entryOf(name, (await stat(file)).size);
      if (entry) entries.push(entry);
    }
    for (const entry of entries.sort((left, right) => left.sequence - right.sequence)) {
      this.#line.add(entry);
      this.#keys.set(keyOf(entry), Promise.resolve());
      this.#bytes += entry.sizeBytes;
      this.#nextSequence = entry.sequence + 1;
    }
    for (const { file, samples } of damaged) await this.#noteDamage(file, samples);
    for (const name of await readdir(this.#refusedFolder)) {
      const entry = entryOf(name, (await stat(path.join(this.#refusedFolder, name))).size);
      if (!entry) continue;
      this.#refused++;
      this.#bytes += entry.sizeBytes;
      this.#nextSequence = Math.max(this.#nextSequence, entry.sequence + 1);
    }
    // What was written just before the end may be named and not yet durable.
    await this.#sync.sync();
  }
}

function explained(error: unknown, what: string): SulcusError {
  if (error instanceof SulcusError) return error;
  const { code, rawMessage } = SulcusError.from(error);
  const isFull = code === 'STORAGE_FULL';
  return new SulcusError(isFull ? code : 'STORAGE_FAILED', `The spool ${what}: ${rawMessage}`, { cause: error });
}
