import { setMaxListeners } from 'node:events';
import { realpath, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import path from 'node:path';
import pLimit from 'p-limit';
import { retryWithBackoff } from '#libs/async';
import type { Logger } from '#libs/telemetry';
import type { Ingestor } from '../../pipeline/ingestor.js';
import { ingestFile } from '../files/ingest-file.js';
import { isWithin } from '../files/read-image-file.js';
import { LAYOUT_WARNING, layoutWarnings } from './layout-warnings.js';
import { isDicomFile } from './is-dicom-file.js';
import { isOffered, mayBeDicom, placeOf } from './layout.js';
import { listFolder } from './list-folder.js';
import { Refusals } from './refusals.js';
import { looksReserved } from './reserved-bytes.js';

export interface WatchedFilesOptions {
  /** The folder, without links. */
  root: string;
  ingestor: Ingestor;
  maxFileBytes: number;
  /** Folder in which refusals are remembered. */
  dataDir: string;
  log: Logger;
  signal: AbortSignal;
  /** A file is complete when its size has not changed for this long. Default: 500 ms. */
  settleMs?: number;
  /** Whether links may lead out of the folder. Default: false. */
  readsOutside?: boolean;
}

/** Files read and not yet stored, at most. */
const FILE_WINDOW = 16;
const RETRY_MS = 5_000;
/** At the end: what is under way is waited for, so that what was refused is remembered and not refused again. */
const GRACE_MS = 2_000;
/** A file of which a part may not be written yet is taken only when nobody has written to it for this long. */
const SUSPICIOUS_MS = 60_000;

/** Files of a watched folder, each met once as it is: under the place that it lies at, whatever links lead to it. */
export class WatchedFiles {
  readonly #options: WatchedFilesOptions;
  readonly #refusals: Refusals;
  readonly #within: string | undefined;
  readonly #slots = pLimit(FILE_WINDOW);
  readonly #running = new Set<Promise<void>>();
  /** By real path: what a file was when it was met. */
  readonly #met = new Map<string, string>();
  readonly #warned = new Set<string>();
  /** Ends what is under way. */
  readonly #cut = new AbortController();

  private constructor(options: WatchedFilesOptions, refusals: Refusals) {
    this.#options = options;
    this.#refusals = refusals;
    // One listener for each file under way is the normal case, not a leak.
    setMaxListeners(0, this.#cut.signal);
    this.#within = options.readsOutside ? undefined : options.root;
  }

  static async open(options: WatchedFilesOptions): Promise<WatchedFiles> {
    return new WatchedFiles(options, await Refusals.open(options.dataDir));
  }

  /** Looks through the whole folder, links included, for what has not been met. */
  async meetAll(signal: AbortSignal): Promise<void> {
    const { root, log, ingestor, settleMs = 500 } = this.#options;
    try {
      const items = await listFolder(root, { signal, within: this.#within });
      for (const line of layoutWarnings(items.map(({ source }) => source)))
        this.#warn(ingestor.sendsNames ? line : LAYOUT_WARNING);
      for (const { file } of items) {
        if (signal.aborted) return;
        await this.meet(file, settleMs);
      }
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'the watched folder cannot be looked through: it is tried again');
    }
  }

  /** Takes a file in, unless it was met before as it is. @param settleMs for how long nobody may have written to it */
  async meet(file: string, settleMs = 0): Promise<void> {
    const { root, signal, ingestor, maxFileBytes } = this.#options;
    const real = await realpath(file).catch(() => file);
    const source = path.relative(root, isWithin(real, root) ? real : file);
    if (signal.aborted || !(isOffered(source) || mayBeDicom(source))) return;
    const stats = await stat(real).catch(() => undefined);
    if (!stats || Math.abs(Date.now() - stats.mtimeMs) < settleMs) return;
    const state = `${stats.size} ${stats.ctimeMs}`;
    if (this.#met.get(real) === state || this.#refusals.has(real, stats)) return;
    // At once: an event and a look through the folder may meet a file at the same time.
    this.#met.set(real, state);
    if (Date.now() - stats.mtimeMs < SUSPICIOUS_MS && (await looksReserved(real, stats, maxFileBytes))) {
      this.#met.delete(real);
      const name = ingestor.nameOf(source);
      this.#warn(
        `"${name}" has a run of zeros: it is taken when nobody has written to it for ${SUSPICIOUS_MS / 1000} s`,
      );
      return;
    }
    if (!isOffered(source) && !(await isDicomFile(real))) return;
    const task = this.#slots(() => this.#takeUntilDone(real, source, stats)).finally(() => this.#running.delete(task));
    this.#running.add(task);
  }

  /** Waits for what has been begun, for a while. */
  async settled(): Promise<void> {
    const timer = setTimeout(() => this.#cut.abort(), GRACE_MS);
    await Promise.allSettled(this.#running);
    clearTimeout(timer);
  }

  /** The file waits on disk, so there is no reason to give up. */
  async #takeUntilDone(file: string, source: string, stats: Stats): Promise<void> {
    const { ingestor, maxFileBytes, log, signal } = this.#options;
    const name = ingestor.nameOf(source);
    const attempt = async (): Promise<void> => {
      if (signal.aborted || (await isGone(file))) return;
      const item = { file, source, ...(this.#within !== undefined && { within: this.#within }), ...placeOf(source) };
      const outcome = await ingestFile(ingestor, item, maxFileBytes, { signal: this.#cut.signal });
      if (outcome.kind === 'rejected') await this.#refusals.add(file, stats);
    };
    await retryWithBackoff(attempt, {
      firstDelayMs: RETRY_MS,
      maxDelayMs: RETRY_MS,
      signal,
      shouldRetry: () => true,
      onRetry: (error) =>
        log.error({ err: error, source: name }, 'a watched file could not be taken in: it is tried again'),
    }).catch((error: unknown) => {
      if (!signal.aborted) log.error({ err: error, source: name }, 'a watched file cannot be taken in');
    });
  }

  #warn(line: string): void {
    if (this.#warned.has(line) || this.#warned.size > 1000) return;
    this.#warned.add(line);
    this.#options.log.warn(line);
  }
}

/** Somebody took the file away between its arrival and now. */
const isGone = (file: string): Promise<boolean> =>
  stat(file).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
