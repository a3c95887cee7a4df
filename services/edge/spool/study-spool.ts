import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { Notifier } from '#libs/async';
import { makeFolderDurably, writeDurably } from '#libs/durable-files';
import { SulcusError } from '#libs/errors';
import type { CompletedStudy } from '#libs/studies';

/**
 * Studies that the core is yet to be told of as complete, a file each: that a study is complete is known for as long as
 * the line is down and the edge off.
 */
export class StudySpool {
  /** Told of each study that is added. */
  readonly changed = new Notifier();
  readonly #folder: string;
  readonly #studies = new Map<string, CompletedStudy>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws INVALID_CONFIG for a folder that cannot be used */
  static async open(folder: string): Promise<StudySpool> {
    const opened = new StudySpool(folder);
    try {
      await makeFolderDurably(folder);
      for (const name of await readdir(folder)) await opened.#load(path.join(folder, name));
    } catch (error) {
      throw new SulcusError('INVALID_CONFIG', `The folder ${folder} cannot be used: ${(error as Error).message}`, {
        cause: error,
      });
    }
    return opened;
  }

  /** Keeps a study, in place of what was said of it before; durable when this resolves. */
  async add(study: CompletedStudy): Promise<void> {
    await writeDurably(this.#fileOf(study), JSON.stringify(study));
    this.#studies.set(study.studyId, study);
    this.changed.notify();
  }

  /** The one that was added first. */
  get first(): CompletedStudy | undefined {
    return this.#studies.values().next().value;
  }

  /** The core knows it. Said again meanwhile, with other samples, it stays. */
  async remove(study: CompletedStudy): Promise<void> {
    if (this.#studies.get(study.studyId) !== study) return;
    this.#studies.delete(study.studyId);
    // Not synced: what comes back after a power loss is told again, and does no harm.
    await rm(this.#fileOf(study), { force: true });
  }

  async #load(file: string): Promise<void> {
    if (!file.endsWith(ENDING)) return await rm(file, { force: true });
    try {
      const study = JSON.parse(await readFile(file, 'utf8')) as CompletedStudy;
      this.#studies.set(study.studyId, study);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // The disk has changed it: the study's idle time is waited for.
      await rm(file, { force: true });
    }
  }

  /** Pseudonyms are letters, digits and hyphens. */
  #fileOf({ studyId }: CompletedStudy): string {
    return path.join(this.#folder, `${studyId}${ENDING}`);
  }
}

const ENDING = '.json';
