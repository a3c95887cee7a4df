import { readdir, unlink } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { syncFolder } from '#libs/durable-files';
import type { SpoolEntry } from './entry.js';
import { BLOCK_BYTES, recordBytes, writeRecord } from './record.js';
import { Segment, type FoundRecord } from './segment.js';

const SEGMENT_BYTES = 32 * 2 ** 20;

/**
 * Segments in use, at most: of a long backlog that is sent newest first, many would be half empty. What comes beyond
 * them gets a file of its own.
 */
const MAX_SEGMENTS = 8;

/** A sample that is larger gets a file of its own. */
const MAX_RECORD_BYTES = 8 * 2 ** 20;

/** Segments that are kept to be used again: what is written over needs no journal of the file system. */
const MAX_FREE = 2;

/** Segments whose files stay open. */
const MAX_OPEN = 8;

/** Where a sample lies. */
export interface Place {
  readonly segment: Segment;
  readonly at: number;
  readonly payloadBytes: number;
}

/** A sample that another process left. */
export interface FoundSample extends Place {
  readonly record: FoundRecord;
}

/** Samples of a segment that cannot be told any more: the disk has changed where they begin. */
export interface Damage {
  readonly file: string;
  readonly samples: number;
}

interface Waiting {
  readonly entry: SpoolEntry;
  readonly payload: Buffer;
  readonly resolve: (place: Place) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Samples one behind the other in files that are used again. All that come while the disk is at work are written in one
 * go and synced once. A record is there after a power loss when {@link SegmentLog.append} resolves.
 */
export class SegmentLog {
  readonly #folder: string;
  readonly #segments = new Set<Segment>();
  readonly #free: Segment[] = [];
  #active: Segment | undefined;
  readonly #queue: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #nextNumber = 0;
  #nextOrdinal = 0;
  #syncedThrough = -1;

  readonly #maxSegments: number;

  private constructor(folder: string, budgetBytes: number) {
    this.#folder = folder;
    this.#maxSegments = Math.min(MAX_SEGMENTS, Math.floor(budgetBytes / 4 / SEGMENT_BYTES));
  }

  /**
   * Opens what is there. What was being written when the power went, behind all that was synced, is left out: nobody
   * was told that it is here.
   *
   * @param budgetBytes what the spool may take of the disk: a quarter of it goes to segments, and no more than 256 MiB
   */
  static async open(
    folder: string,
    budgetBytes: number,
  ): Promise<{ log: SegmentLog; found: FoundSample[]; damaged: Damage[] }> {
    const log = new SegmentLog(folder, budgetBytes);
    const found: FoundSample[] = [];
    const bySegment = new Map<Segment, FoundRecord[]>();
    for (const name of (await readdir(folder)).sort()) {
      const segment = Segment.named(folder, name);
      if (!segment) continue;
      log.#segments.add(segment);
      log.#nextNumber = Math.max(log.#nextNumber, segment.number + 1);
      const records = await segment.find();
      bySegment.set(segment, records);
      for (const record of records) {
        log.#nextOrdinal = Math.max(log.#nextOrdinal, record.ordinal + 1);
        log.#syncedThrough = Math.max(log.#syncedThrough, record.syncedThrough);
        if (!record.isGone) found.push({ segment, at: record.at, payloadBytes: record.payloadBytes, record });
      }
    }
    const damaged: Damage[] = [];
    for (const [segment, records] of bySegment) {
      const samples = missingAmong(records, log.#syncedThrough);
      if (samples === 0) continue;
      // What is left of them stays where it is.
      segment.live++;
      damaged.push({ file: segment.file, samples });
    }
    const whole: FoundSample[] = [];
    const unsynced = new Set<Segment>();
    for (const each of found) {
      const isSynced = each.record.ordinal <= log.#syncedThrough;
      if (isSynced || (await isWhole(each))) whole.push(each);
      else await log.remove(each);
      if (!isSynced) unsynced.add(each.segment);
    }
    // Who brings one of them again is told that it is here.
    for (const segment of unsynced) if (segment.live > 0) await segment.sync();
    log.#syncedThrough = log.#nextOrdinal - 1;
    for (const segment of log.#segments) if (segment.live === 0) await log.#release(segment);
    return { log, found: whole, damaged };
  }

  /** Whether a sample of so many bytes is to lie here, and not in a file of its own. */
  hasRoom(bytes: number): boolean {
    if (bytes > MAX_RECORD_BYTES || this.#maxSegments === 0) return false;
    const inUse = this.#segments.size - this.#free.length;
    return inUse < this.#maxSegments || (this.#active?.end ?? SEGMENT_BYTES) + recordBytes(bytes) <= SEGMENT_BYTES;
  }

  /** Adds a sample; durable when this resolves. @throws what the system says */
  append(entry: SpoolEntry, payload: Buffer): Promise<Place> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry, payload, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  read({ segment, ...record }: Place): Promise<Buffer> {
    return segment.payload(record);
  }

  /** The sample is needed no more. */
  async remove({ segment, at }: Place): Promise<void> {
    await segment.forget(at);
    // In one go with the look: who counts the last one, and nobody else, lets the segment go.
    if (--segment.live === 0 && segment !== this.#active) await this.#release(segment);
  }

  async close(): Promise<void> {
    await this.#writing;
    for (const segment of this.#segments) await segment.close();
  }

  /** Until nobody waits: never fails itself. */
  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch: Waiting[] = [];
      try {
        const segment = await this.#segmentFor(recordBytes(this.#queue[0]!.payload.length));
        const parts: Buffer[] = [];
        const places: Place[] = [];
        let end = segment.end;
        let ordinal = this.#nextOrdinal;
        for (let next = this.#queue[0]; next; next = this.#queue[0]) {
          const { entry, payload } = next;
          if (end + recordBytes(payload.length) > SEGMENT_BYTES) break;
          batch.push(this.#queue.shift()!);
          const fields = {
            ...entry,
            ...{ epoch: segment.epoch, ordinal: ordinal++, syncedThrough: this.#syncedThrough },
            ...{ payloadBytes: payload.length, payloadCrc32: crc32(payload) },
          };
          parts.push(...writeRecord(fields, payload));
          places.push({ segment, at: end, payloadBytes: payload.length });
          end += recordBytes(payload.length);
        }
        this.#nextOrdinal = ordinal;
        await segment.write(parts, segment.end);
        segment.end = end;
        segment.live += batch.length;
        this.#syncedThrough = ordinal - 1;
        batch.forEach(({ resolve }, index) => resolve(places[index]!));
      } catch (error) {
        // Whatever the disk holds of it now, nothing is written behind it.
        const failed = batch.length > 0 ? batch : this.#queue.splice(0);
        await this.#leave().catch(() => undefined);
        for (const { reject } of failed) reject(error);
      }
    }
    this.#writing = undefined;
  }

  /** The one that is written to: another one when so many bytes have no room in it. */
  async #segmentFor(bytes: number): Promise<Segment> {
    if (this.#active && this.#active.end + bytes <= SEGMENT_BYTES) return this.#active;
    await this.#leave();
    const segment = this.#free.pop() ?? (await this.#make());
    // From here on a failure lets go of it as of any other that is left.
    this.#active = segment;
    await segment.open();
    // Synced on its own: records of two uses are never there at once, of which the older would be taken for damaged.
    await segment.write([segment.begin()], 0);
    return segment;
  }

  async #make(): Promise<Segment> {
    const segment = new Segment(this.#folder, this.#nextNumber++);
    await segment.open();
    this.#segments.add(segment);
    await syncFolder(this.#folder);
    return segment;
  }

  /** Nothing more is written to the active one. */
  async #leave(): Promise<void> {
    const left = this.#active;
    this.#active = undefined;
    if (left?.live === 0) await this.#release(left);
    const open = [...this.#segments].filter(({ isOpen }) => isOpen);
    for (const segment of open.slice(0, Math.max(0, open.length - MAX_OPEN))) await segment.close();
  }

  /** All of it is gone. */
  async #release(segment: Segment): Promise<void> {
    if (this.#free.includes(segment)) return;
    if (this.#free.length < MAX_FREE) return void this.#free.push(segment);
    this.#segments.delete(segment);
    await segment.close();
    await unlink(segment.file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

/** Of a record that may be one that was being written. */
async function isWhole({ segment, record }: FoundSample): Promise<boolean> {
  const payload = await segment.payload(record);
  return payload.length === record.payloadBytes && crc32(payload) === record.payloadCrc32;
}

/** Of the records of a segment, which have one number behind the other, those that were synced and are not found. */
function missingAmong(records: readonly FoundRecord[], syncedThrough: number): number {
  const synced = records.filter(({ ordinal }) => ordinal <= syncedThrough);
  const [first, last] = [synced[0], synced.at(-1)];
  if (!first || !last) return 0;
  // One at least, where the first does not begin where the first one does.
  return last.ordinal - first.ordinal + 1 - synced.length + (first.at === BLOCK_BYTES ? 0 : 1);
}
