import type { ArchiveIndex } from '#libs/archive';
import { publishEvent, type Bus, type StreamStats } from '#libs/bus';
import type { ArchiveProgress } from '#libs/contracts';
import type { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';

const REPORT_INTERVAL_MS = 500;
/** Without any change the state is written again after this time: by its age others see whether an archiver runs. */
const HEARTBEAT_MS = 10_000;
/** A failure that goes on is logged again after this time. */
const REPEAT_MS = 60_000;

/** Business events of the archiver: each keeps its counter, its log record and its report to operators together. */
export class ArchiverEvents {
  readonly #bus: Bus;
  readonly #index: ArchiveIndex;
  readonly #instance: string;
  readonly #log: Logger;
  readonly #place: string;
  readonly #progress: ArchiveProgress;
  readonly #abandoned = new Set<string>();
  readonly #loggedAtMs = new Map<string, number>();
  #waitingForRoom = '';
  #waitingLabel = '';
  #archiveAway = '';
  #timer: NodeJS.Timeout | undefined;
  #reported = '';
  #reportedAtMs = Number.NEGATIVE_INFINITY;
  #reporting: Promise<void> = Promise.resolve();

  /**
   * @param place where the archive is, for people
   * @param before what an archiver before this one said last: its counts go on
   */
  constructor(
    { bus, index, instance, log }: { bus: Bus; index: ArchiveIndex; instance: string; log: Logger },
    place: string,
    before: ArchiveProgress | undefined,
  ) {
    this.#bus = bus;
    this.#index = index;
    this.#instance = instance;
    this.#log = log;
    this.#place = place;
    this.#progress = {
      state: 'ready',
      message: place,
      scansBytes: 0,
      scansMaxBytes: 0,
      archived: before?.archived ?? 0,
      archivedBytes: before?.archivedBytes ?? 0,
      restored: before?.restored ?? 0,
      lost: before?.lost ?? 0,
      updatedUnixMs: Date.now(),
    };
  }

  /** Counts are reported while they change from here on. */
  start(): void {
    this.#timer = setInterval(() => this.#reportChanges(), REPORT_INTERVAL_MS).unref();
    this.#log.info({ archive: this.#place }, 'ready');
    this.#state('ready', `Archives to ${this.#place}`);
  }

  /** SCANS was looked at. */
  looked({ bytes, maxBytes }: StreamStats): void {
    this.#progress.scansBytes = bytes;
    this.#progress.scansMaxBytes = Math.max(0, maxBytes);
  }

  /** A scan is in the archive and has left SCANS. */
  archived(sampleId: string, scanSequence: number, sizeBytes: number): void {
    this.#progress.archived++;
    this.#progress.archivedBytes += sizeBytes;
    this.#archiveAway = '';
    this.#log.debug({ sample: sampleId, scan_sequence: scanSequence, bytes: sizeBytes }, 'archived');
  }

  /** A round of making room is over, to the mark that was aimed at. */
  roomMade(archived: number): void {
    this.#waitingForRoom = '';
    if (archived === 0) return;
    const { scansBytes, scansMaxBytes } = this.#progress;
    this.#log.info({ archived, scans_bytes: scansBytes, scans_max_bytes: scansMaxBytes }, 'made room on SCANS');
  }

  /** There is less room than there should be, and nothing more may leave. */
  noRoom(why: string): void {
    this.#waitingForRoom = why;
    this.#warn('room', { reason: why }, 'no room can be made on SCANS');
  }

  /** LABELS was too full, and what may leave it has left. */
  labelsTrimmed(deleted: number, { bytes, maxBytes }: StreamStats): void {
    const why = 'what is on SCANS is read under every label, or a run has still to see them';
    if (deleted > 0)
      this.#log.info({ deleted, labels_bytes: bytes, labels_max_bytes: maxBytes }, 'made room on LABELS');
    else this.#warn('labels', { reason: why }, 'no room can be made on LABELS');
  }

  /** The archive, or the broker, is away, full or refuses; nothing leaves meanwhile. */
  unavailable(error: SulcusError): void {
    this.#archiveAway = error.rawMessage;
    this.#warn('away', { code: error.code, reason: error.rawMessage }, 'scans cannot be archived; trying again');
  }

  /** All that is done is done: the archive answers, as far as is known. */
  available(): void {
    this.#archiveAway = '';
  }

  /** A scan cannot be archived whatever happens, and stays. */
  stuck(sampleId: string, scanSequence: number, error: SulcusError): void {
    this.#log.error(
      { sample: sampleId, scan_sequence: scanSequence, code: error.code, reason: error.rawMessage },
      'a scan cannot be archived and stays',
    );
  }

  /** A label for an archived sample waits for the archive or the broker. */
  labelWaits(error: SulcusError): void {
    this.#waitingLabel = error.rawMessage;
    this.#warn('label', { code: error.code, reason: error.rawMessage }, 'a label for an archived sample waits');
  }

  labelCarried(): void {
    this.#waitingLabel = '';
  }

  /** A sample is on SCANS again. */
  restored(sampleId: string, label: string): void {
    this.#progress.restored++;
    this.#log.info({ sample: sampleId, label }, 'an archived sample has a new label and is on SCANS again');
  }

  /** The archive has lost or damaged a sample. */
  lost(sampleId: string, error: SulcusError): void {
    this.#progress.lost++;
    this.#log.error({ sample: sampleId, code: error.code, reason: error.rawMessage }, 'an archived sample is lost');
  }

  /** Runs that no longer count; each is said once. */
  runsAbandoned(runs: readonly string[]): void {
    for (const run of runs) {
      if (this.#abandoned.has(run)) continue;
      this.#abandoned.add(run);
      this.#log.warn({ run }, 'a run has given no sign of life for SULCUS_ARCHIVE_RUN_AGE: its scans may leave');
    }
  }

  /** Publishes the last counts. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    this.#state('stopping', 'Finished what was under way');
    this.#reportChanges();
    await this.#reporting;
  }

  #current(): ArchiveProgress {
    const { lost } = this.#progress;
    if (this.#archiveAway !== '') return { ...this.#progress, state: 'unavailable', message: this.#archiveAway };
    const waits = this.#waitingForRoom || this.#waitingLabel;
    if (waits !== '') return { ...this.#progress, state: 'waiting', message: waits };
    const message = lost > 0 ? `${this.#place}; ${lost} samples are lost, see the dead letters` : this.#place;
    return { ...this.#progress, state: 'ready', message };
  }

  #state(state: 'ready' | 'stopping', message: string): void {
    this.#reporting = this.#reporting.then(() =>
      publishEvent(this.#bus, 'archiver', this.#instance, { state: { state, message } }),
    );
  }

  #warn(kind: string, fields: Record<string, string>, message: string): void {
    if (performance.now() - (this.#loggedAtMs.get(kind) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
    this.#loggedAtMs.set(kind, performance.now());
    this.#log.warn(fields, message);
  }

  /** One report at a time: with the broker away they would pile up. */
  #reportChanges(): void {
    const current = this.#current();
    const text = JSON.stringify(current);
    if (text === this.#reported && performance.now() - this.#reportedAtMs < HEARTBEAT_MS) return;
    this.#reported = text;
    this.#reportedAtMs = performance.now();
    const archive = { ...current, updatedUnixMs: Date.now() };
    this.#reporting = this.#reporting.then(async () => {
      await publishEvent(this.#bus, 'archiver', this.#instance, { archive });
      await this.#index
        .saveState(archive)
        .catch((error: unknown) => this.#log.debug({ err: error }, 'the state of the archiver could not be kept'));
    });
  }
}
