import type { IngestCounts } from '#services/ingest';

const TERMINAL_INTERVAL_MS = 100;
const LOG_INTERVAL_MS = 5_000;

/** Shows how far an import is: one line that is written over on a terminal, a line every few seconds elsewhere. */
export class ProgressLine {
  readonly #output: NodeJS.WriteStream;
  readonly #startMs = performance.now();
  #shownAtMs = Number.NEGATIVE_INFINITY;

  constructor(output: NodeJS.WriteStream = process.stderr) {
    this.#output = output;
  }

  update(counts: Readonly<IngestCounts>, total: number): void {
    const nowMs = performance.now();
    const intervalMs = this.#output.isTTY ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS;
    if (nowMs - this.#shownAtMs < intervalMs) return;
    if (!this.#output.isTTY && this.#shownAtMs === Number.NEGATIVE_INFINITY) {
      this.#shownAtMs = nowMs; // short imports need no line but the last
      return;
    }
    this.#shownAtMs = nowMs;
    const perSecond = Math.round(counts.offered / ((nowMs - this.#startMs) / 1000));
    const line = `${counts.offered} of ${total} images · ${summaryOf(counts)} · ${perSecond}/s`;
    this.#output.write(this.#output.isTTY ? `\r\x1b[2K${line}` : `${line}\n`);
  }

  /** Writes a line of its own, above the progress. */
  note(line: string): void {
    this.#output.write(this.#output.isTTY ? `\r\x1b[2K${line}\n` : `${line}\n`);
  }
}

/** The counts as people read them. */
export function summaryOf(counts: Readonly<IngestCounts>): string {
  const {
    filtered,
    quarantined,
    ingested,
    train,
    validation,
    gate,
    test,
    duplicates,
    rejected,
    nearDuplicates,
    leaks,
  } = counts;
  const parts = [`${ingested} ingested (${train} train, ${validation} validation, ${gate} gate, ${test} test)`];
  if (duplicates > 0) parts.push(`${duplicates} duplicate${duplicates === 1 ? '' : 's'}`);
  if (nearDuplicates > 0) parts.push(`${nearDuplicates} put beside the same picture in another split`);
  if (leaks > 0) parts.push(`${leaks} the same picture as one of another split`);
  if (filtered > 0) parts.push(`${filtered} not wanted`);
  if (rejected > 0) parts.push(`${rejected} rejected`);
  if (quarantined > 0) parts.push(`${quarantined} of them in quarantine`);
  return parts.join(' · ');
}
