import { opendir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolderDurably, syncFolder, UNFINISHED, writeDurably } from '#libs/durable-files';
import { SulcusError } from '#libs/errors';
import type { ObjectStore } from './object-store.js';

/** Objects as files, for their owner alone. A file appears whole or not at all, and stays after a power loss. */
export class FolderStore implements ObjectStore {
  readonly description: string;
  readonly #root: string;

  constructor(root: string) {
    this.#root = path.resolve(root);
    this.description = `folder ${this.#root}`;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const file = this.#file(key);
    try {
      await makeFolderDurably(path.dirname(file));
      await writeDurably(file, bytes);
    } catch (error) {
      throw this.#explain(error, `could not store ${key}`);
    }
  }

  async get(key: string): Promise<Buffer | undefined> {
    try {
      return await readFile(this.#file(key));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.#explain(error, `could not read ${key}`);
    }
  }

  async *list(prefix: string): AsyncGenerator<{ key: string; sizeBytes: number }> {
    // The deepest folder that the prefix names for certain.
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    for await (const key of this.#walk(folder)) {
      if (!key.startsWith(prefix) || key.endsWith(UNFINISHED)) continue;
      const found = await stat(this.#file(key)).catch(() => undefined);
      if (found) yield { key, sizeBytes: found.size };
    }
  }

  async delete(key: string): Promise<void> {
    const file = this.#file(key);
    try {
      await rm(file, { force: true });
      await syncFolder(path.dirname(file));
    } catch (error) {
      if (!isMissing(error)) throw this.#explain(error, `could not delete ${key}`);
    }
  }

  async close(): Promise<void> {}

  /** Keys of a folder and those below it, in their order. */
  async *#walk(folder: string): AsyncGenerator<string> {
    const entries: { name: string; isFolder: boolean }[] = [];
    try {
      for await (const entry of await opendir(path.join(this.#root, folder))) {
        entries.push({ name: entry.name, isFolder: entry.isDirectory() });
      }
    } catch (error) {
      if (isMissing(error)) return;
      throw this.#explain(error, `could not list ${folder}`);
    }
    // A folder sorts as its keys do: by its name and the slash behind it.
    const order = ({ name, isFolder }: { name: string; isFolder: boolean }): string => (isFolder ? `${name}/` : name);
    for (const entry of entries.sort((a, b) => (order(a) < order(b) ? -1 : 1))) {
      if (entry.isFolder) yield* this.#walk(`${folder}${entry.name}/`);
      else yield `${folder}${entry.name}`;
    }
  }

  #file(key: string): string {
    if (!/^[\w.=-]+(\/[\w.=-]+)*$/.test(key) || key.split('/').some((word) => /^\.+$/.test(word))) {
      throw new SulcusError(
        'INVALID_ARGUMENT',
        `"${key}" is no key: expected words of letters, digits, '.', '_', '=' and '-', joined by '/'`,
      );
    }
    return path.join(this.#root, key);
  }

  #explain(error: unknown, what: string): SulcusError {
    const { code, rawMessage: message } = SulcusError.from(error);
    return new SulcusError(
      code === 'STORAGE_FULL' ? code : 'SERVICE_UNAVAILABLE',
      `The archive in ${this.#root} ${what}: ${message}`,
      {
        cause: error,
      },
    );
  }
}

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
