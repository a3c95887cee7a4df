import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { PendingReport, PendingReports } from '#libs/dimse';
import { SealedLog } from './sealed-log.js';

/** A sender that heard nothing for so long has asked again. */
const KEPT_FOR_MS = 24 * 3_600_000;

/** Requests for storage commitment whose senders are still to be told: one sealed file for each. */
export class PendingCommitments implements PendingReports {
  readonly #folder: string;
  readonly #key: Buffer;

  /** @param key 32 bytes */
  constructor(folder: string, key: Buffer) {
    this.#folder = folder;
    this.#key = key;
  }

  async keep(report: PendingReport): Promise<void> {
    await new SealedLog(this.#fileOf(report), this.#key).add(report);
  }

  async settle(report: PendingReport): Promise<void> {
    await rm(this.#fileOf(report), { force: true });
  }

  async kept(): Promise<PendingReport[]> {
    const kept: PendingReport[] = [];
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const file = path.join(this.#folder, name);
      const [report] = await new SealedLog(file, this.#key).read<PendingReport>();
      if (report && Date.now() - (await stat(file)).mtimeMs < KEPT_FOR_MS) kept.push(report);
      else await rm(file, { force: true });
    }
    return kept;
  }

  #fileOf({ callingTitle, request }: PendingReport): string {
    const name = createHash('sha256').update(`${callingTitle}|${request.transactionUid}`).digest('hex').slice(0, 32);
    return path.join(this.#folder, name);
  }
}
