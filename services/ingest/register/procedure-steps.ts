import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import pLimit from 'p-limit';
import type { ProcedureStep, StepAnswer, StepStatus } from '#libs/dimse';
import type { Pseudonyms } from '../pipeline/pseudonyms.js';
import { SealedLog } from './sealed-log.js';
import type { StudyRegister } from './study-register.js';

/** A step as it stands: what its messages say together. */
interface Step {
  status: StepStatus;
  studyUids: readonly string[];
  objectUids: readonly string[];
  /** When its last message came, milliseconds since the Unix epoch. */
  changedUnixMs: number;
}

/** Steps that ended so long ago are forgotten: their studies were predicted by their idle time. */
const ENDED_FOR_MS = 24 * 3_600_000;
/** And those that nobody says the end of: a weekend lies between. */
const IN_PROGRESS_FOR_MS = 7 * 24 * 3_600_000;

export interface ProcedureStepsOptions {
  /** One sealed file for each step is kept there. */
  folder: string;
  pseudonyms: Pseudonyms;
  register: StudyRegister;
  /** The clock. Default: that of this machine. */
  now?: () => number;
  /** Every object of the study has come: so many samples in all. */
  onComplete: (studyId: string, samples: number) => Promise<void>;
}

/**
 * What modalities say of the steps that they perform. A study is complete when all of its steps have ended and every
 * object that they name has come, in whatever order. Who waits for a study without steps waits for its idle time.
 */
export class ProcedureSteps {
  readonly #options: ProcedureStepsOptions;
  /** By step, as the site names it. */
  readonly #steps = new Map<string, Step>();
  /** By study, as the site names it: objects that have not come of steps that have ended. */
  readonly #missing = new Map<string, Set<string>>();
  /** What comes while the register is read would be missed for ever. */
  readonly #oneByOne = pLimit(1);
  #read: Promise<void> | undefined;

  constructor(options: ProcedureStepsOptions) {
    this.#options = options;
  }

  /** Takes a message in: it is kept when this resolves. */
  handle(message: ProcedureStep): Promise<StepAnswer> {
    return this.#oneByOne(() => this.#handle(message));
  }

  /** An object has come and is in the register, whatever became of it. */
  received(studyUid: string, sopInstanceUid: string): Promise<void> {
    return this.#oneByOne(() => this.#received(studyUid, sopInstanceUid));
  }

  async #handle(message: ProcedureStep): Promise<StepAnswer> {
    await (this.#read ??= this.#readKept());
    await this.#forgetOld();
    const { kind, sopInstanceUid } = message;
    const known = this.#steps.get(sopInstanceUid);
    if (kind === 'create' && known) return 'exists';
    if (kind === 'set' && !known) return 'unknown';
    if (known && known.status !== 'IN PROGRESS') return 'final';
    await this.#log(sopInstanceUid).add(message);
    this.#apply(message, this.#now());
    await this.#check(this.#steps.get(sopInstanceUid)!);
    return 'success';
  }

  async #received(studyUid: string, sopInstanceUid: string): Promise<void> {
    await (this.#read ??= this.#readKept());
    const missing = this.#missing.get(studyUid);
    if (!missing?.delete(sopInstanceUid) || missing.size > 0) return;
    await this.#completed(studyUid);
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #isOld({ status, changedUnixMs }: Pick<Step, 'status' | 'changedUnixMs'>): boolean {
    return this.#now() - changedUnixMs > (status === 'IN PROGRESS' ? IN_PROGRESS_FOR_MS : ENDED_FOR_MS);
  }

  /** A modality makes tens of steps a day, and each names every object: they are kept for as long as they matter. */
  async #forgetOld(): Promise<void> {
    for (const [uid, step] of this.#steps) {
      if (!this.#isOld(step)) continue;
      this.#steps.delete(uid);
      for (const studyUid of step.studyUids) this.#missing.delete(studyUid);
      await rm(this.#fileOf(uid), { force: true }).catch(() => undefined);
    }
  }

  #apply({ sopInstanceUid, status, studyUids, objectUids }: ProcedureStep, changedUnixMs: number): void {
    const known = this.#steps.get(sopInstanceUid);
    this.#steps.set(sopInstanceUid, {
      status: status ?? known?.status ?? 'IN PROGRESS',
      studyUids: studyUids.length > 0 ? studyUids : (known?.studyUids ?? []),
      // A change names all that was made so far.
      objectUids: objectUids.length > 0 ? objectUids : (known?.objectUids ?? []),
      changedUnixMs,
    });
  }

  async #check({ status, studyUids }: Step): Promise<void> {
    if (status === 'IN PROGRESS') return;
    for (const studyUid of studyUids) {
      const steps = [...this.#steps.values()].filter((step) => step.studyUids.includes(studyUid));
      if (steps.some((step) => step.status === 'IN PROGRESS')) continue;
      const named = new Set(steps.flatMap(({ objectUids }) => objectUids));
      const study = await this.#options.register.study(this.#pseudonym(studyUid));
      for (const { sopInstanceUid } of study?.objects ?? []) named.delete(sopInstanceUid);
      this.#missing.set(studyUid, named);
      if (named.size === 0) await this.#completed(studyUid);
    }
  }

  async #completed(studyUid: string): Promise<void> {
    this.#missing.delete(studyUid);
    const studyId = this.#pseudonym(studyUid);
    const study = await this.#options.register.study(studyId);
    const samples = new Set(study?.objects.flatMap(({ sampleIds }) => sampleIds.filter((id) => id !== '')));
    if (samples.size > 0) await this.#options.onComplete(studyId, samples.size);
  }

  #pseudonym(studyUid: string): string {
    return this.#options.pseudonyms.study(studyUid) ?? '';
  }

  #log(sopInstanceUid: string): SealedLog {
    return new SealedLog(this.#fileOf(sopInstanceUid), this.#options.pseudonyms.sealingKey);
  }

  #fileOf(sopInstanceUid: string): string {
    const name = createHash('sha256').update(this.#options.pseudonyms.uid(sopInstanceUid)).digest('hex').slice(0, 32);
    return path.join(this.#options.folder, name);
  }

  async #readKept(): Promise<void> {
    const { folder, pseudonyms } = this.#options;
    for (const name of await readdir(folder).catch(() => [])) {
      const file = path.join(folder, name);
      const changedUnixMs = (await stat(file)).mtimeMs;
      if (this.#isOld({ status: 'IN PROGRESS', changedUnixMs })) {
        await rm(file, { force: true }).catch(() => undefined);
        continue;
      }
      const log = new SealedLog(file, pseudonyms.sealingKey);
      await log.mend();
      for (const message of await log.read<ProcedureStep>()) this.#apply(message, changedUnixMs);
    }
    await this.#forgetOld();
    for (const step of this.#steps.values()) await this.#check(step);
  }
}
