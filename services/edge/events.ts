import type { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';

/** Whether the core can be reached: `refused` when it answers and does not let this edge in. */
export type LinkState = 'starting' | 'up' | 'down' | 'refused';

export interface Link {
  state: LinkState;
  /** Since when, milliseconds since the Unix epoch. */
  sinceUnixMs: number;
  /** Why it is not up. */
  reason: string;
}

/** What became of samples that left the spool, since the start. */
export interface ForwardCounts {
  /** Stored by the core for the first time. */
  stored: number;
  /** Known to the core already. */
  duplicates: number;
  /** Refused by the core: among its dead letters, or kept beside the spool. */
  refused: number;
  /** Withdrawn: nothing of them is kept. */
  withdrawn: number;
  /** Files that the disk has changed: kept beside the spool. */
  damaged: number;
  /** Of images that the core has. */
  bytes: number;
}

const REPEAT_MS = 60_000;

/** Business events of an edge beside those of its doors: each keeps its counter and its log record together. */
export class EdgeEvents {
  readonly counts: ForwardCounts = { stored: 0, duplicates: 0, refused: 0, withdrawn: 0, damaged: 0, bytes: 0 };
  link: Link = { state: 'starting', sinceUnixMs: Date.now(), reason: '' };
  /** When the core last acknowledged a sample, milliseconds since the Unix epoch. */
  lastAckUnixMs: number | undefined;
  readonly #log: Logger;
  #fillSaidAtMs = Number.NEGATIVE_INFINITY;

  constructor(log: Logger) {
    this.#log = log;
  }

  linkUp(core: string): void {
    if (this.link.state === 'up') return;
    this.#link('up', '');
    this.#log.info({ core }, 'the link to the core is up');
  }

  linkDown(state: 'down' | 'refused', { code, rawMessage: reason }: SulcusError): void {
    if (this.link.state === state && this.link.reason === reason) return;
    this.#link(state, reason);
    this.#log.warn({ code, reason }, state === 'down' ? 'the link to the core is down' : 'the core refuses this edge');
  }

  #link(state: LinkState, reason: string): void {
    const sinceUnixMs = this.link.state === state ? this.link.sinceUnixMs : Date.now();
    this.link = { state, sinceUnixMs, reason };
  }

  /** The core has a sample. */
  forwarded(sampleId: string, isNew: boolean, sizeBytes: number): void {
    this.counts[isNew ? 'stored' : 'duplicates']++;
    this.counts.bytes += sizeBytes;
    this.lastAckUnixMs = Date.now();
    this.#log.debug({ sample: sampleId, isNew }, 'forwarded');
  }

  withdrawn(sampleId: string): void {
    this.counts.withdrawn++;
    this.#log.info({ sample: sampleId }, 'withdrawn: it is deleted here too');
  }

  /** The core refuses a sample and keeps it, with the cause. */
  refusedThere(sampleId: string, cause: { code: string; reason: string }): void {
    this.counts.refused++;
    this.#log.warn({ sample: sampleId, ...cause }, 'the core refuses a sample: it is among its dead letters');
  }

  studyRefused(study: string, { code, rawMessage: reason }: SulcusError): void {
    this.#log.warn(
      { study, code, reason },
      'the core does not believe that a study is complete: its idle time is waited for',
    );
  }

  setAside(sampleId: string, kind: 'refused' | 'damaged', cause: { code: string; reason: string }): void {
    this.counts[kind]++;
    this.#log.error({ sample: sampleId, ...cause }, 'a sample cannot be sent: it is kept in spool/refused');
  }

  /** More of the spool is used than should be. */
  filling(share: number, oldestUnixMs: number | undefined): void {
    if (performance.now() - this.#fillSaidAtMs < REPEAT_MS) return;
    this.#fillSaidAtMs = performance.now();
    this.#log.warn(
      { used: `${Math.round(100 * share)} %`, oldest: oldestUnixMs && new Date(oldestUnixMs).toISOString() },
      'the spool is filling: senders are refused when it is full',
    );
  }
}
