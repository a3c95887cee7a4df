import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolderDurably, writeDurably } from '#libs/durable-files';
import { SulcusError } from '#libs/errors';

/** Why an object is kept at the site. */
export interface HoldingNote {
  /** Where it came from, as the site knows it. */
  source: string;
  code: string;
  reason: string;
  /** Pseudonym of the patient, where one is known. */
  patientId?: string | undefined;
  /** Of a bare data set, which does not say it itself. */
  transferSyntax?: string | undefined;
}

/**
 * A folder for what must not leave the site and must not be lost: `<SHA-256>.dcm` with a `.json` that says why,
 * readable by the service alone. Nothing of it goes to the core but a count and a code.
 */
export class Quarantine {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #ending: string;
  #heldBytes: number | undefined;

  /** @param ending of the names of its files, with the point */
  constructor(folder: string, maxBytes: number, ending = '.dcm') {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#ending = ending;
  }

  /**
   * Keeps an object, on disk when this resolves.
   *
   * @throws STORAGE_FULL
   */
  async keep(bytes: Uint8Array, note: HoldingNote): Promise<void> {
    const name = createHash('sha256').update(bytes).digest('hex');
    try {
      await makeFolderDurably(this.#folder);
      const target = path.join(this.#folder, `${name}${this.#ending}`);
      if (await exists(target)) return;
      const found = this.#heldBytes === undefined ? await sizeOf(this.#folder) : 0;
      const held = (this.#heldBytes ??= found);
      if (held + bytes.length > this.#maxBytes)
        throw new SulcusError(
          'STORAGE_FULL',
          `The quarantine ${this.#folder} holds ${held} bytes, the limit is ${this.#maxBytes}: look through it and ` +
            'empty it, or raise SULCUS_QUARANTINE_BYTES',
        );
      this.#heldBytes = held + bytes.length;
      await this.#write(target, bytes, path.join(this.#folder, `${name}.json`), note);
    } catch (error) {
      if (error instanceof SulcusError) throw error;
      throw new SulcusError('STORAGE_FULL', `The quarantine cannot be written: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** Both or none: what a full disk refuses takes no room, and is kept when its sender comes again. */
  async #write(target: string, bytes: Uint8Array, noteFile: string, note: HoldingNote): Promise<void> {
    const text = `${JSON.stringify({ ...note, heldAt: new Date().toISOString() }, undefined, 2)}\n`;
    try {
      await writeDurably(noteFile, text);
      await writeDurably(target, bytes);
    } catch (error) {
      this.#heldBytes! -= bytes.length;
      await rm(noteFile, { force: true }).catch(() => undefined);
      throw error;
    }
  }
}

/** Something that a quarantine holds. */
export interface HeldObject {
  /** SHA-256 of its bytes. */
  name: string;
  file: string;
  sizeBytes: number;
  /** When it came, ISO 8601; '' where its note is missing. */
  heldAt: string;
  note: HoldingNote;
}

/** What a folder of a quarantine holds, oldest first; nothing for one that is not there. */
export async function listHeld(folder: string): Promise<HeldObject[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const held: HeldObject[] = [];
  for (const fileName of names) {
    const [, name] = /^([0-9a-f]{64})(?:\.dcm|\.bin)?$/.exec(fileName) ?? [];
    if (name === undefined) continue;
    const file = path.join(folder, fileName);
    const text = await readFile(path.join(folder, `${name}.json`), 'utf8').catch(() => '{}');
    const { heldAt = '', ...note } = JSON.parse(text) as Partial<HoldingNote & { heldAt: string }>;
    const { size: sizeBytes } = await stat(file);
    held.push({ name, file, sizeBytes, heldAt, note: { source: '', code: '', reason: '', ...note } });
  }
  return held.sort((left, right) => left.heldAt.localeCompare(right.heldAt) || left.name.localeCompare(right.name));
}

/** Deletes an object and its note. A service that runs counts its room from the files at its next start. */
export async function discardHeld({ file, name }: Pick<HeldObject, 'file' | 'name'>): Promise<void> {
  await rm(file, { force: true });
  await rm(path.join(path.dirname(file), `${name}.json`), { force: true });
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map((name) => stat(path.join(folder, name)).then(({ size }) => size)));
  return sizes.reduce((sum, size) => sum + size, 0);
}
