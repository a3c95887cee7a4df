import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { isWithin } from '../files/read-image-file.js';
import { isOffered, placeOf } from './layout.js';
import type { FileItem } from '../files/ingest-file.js';

/**
 * The files of a folder in ImageFolder layout, sorted by path, so that the order does not depend on the disk. Links
 * are followed; a folder that was entered before is not entered again. A folder that cannot be opened, or lies outside,
 * is listed itself, as an item that will be refused.
 *
 * @param options `within`: real path of the folder that is not left; undefined: links may lead anywhere
 * @throws FILE_UNREADABLE when the folder itself cannot be opened
 */
export async function listFolder(
  root: string,
  { signal, within }: { signal?: AbortSignal | undefined; within?: string | undefined } = {},
): Promise<FileItem[]> {
  const items: FileItem[] = [];
  const entered = new Set<string>();

  async function walk(relative: string): Promise<void> {
    signal?.throwIfAborted();
    const folder = path.join(root, relative);
    const real = await realpath(folder);
    if (entered.has(real)) return;
    if (within !== undefined && !isWithin(real, within)) throw new Error('it lies outside');
    entered.add(real);
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries) {
      const below = path.join(relative, entry.name);
      if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(path.join(root, below))))) {
        if (entry.name.startsWith('.')) continue;
        await walk(below).catch((error: unknown) => {
          if (signal?.aborted) throw error;
          items.push({ file: path.join(root, below), source: below });
        });
      } else if (isOffered(below)) {
        items.push({ file: path.join(root, below), source: below, ...placeOf(below) });
      }
    }
  }

  await walk('').catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new SulcusError('FILE_UNREADABLE', `The folder ${root} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  });
  return items.sort((left, right) => (left.source < right.source ? -1 : 1));
}

const isFolder = (file: string): Promise<boolean> =>
  stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
