import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { isWithin } from '../files/read-image-file.js';
import { isDicomFile } from './is-dicom-file.js';
import { isClutter, isOffered, mayBeDicom, placeOf } from './layout.js';
import type { FileItem } from '../files/ingest-file.js';

/**
 * The files of a folder in ImageFolder layout, sorted by path, so that the order does not depend on the disk. Links
 * are followed after everything else; no folder is entered, and no file listed, twice. A folder that cannot be opened,
 * or lies outside, is listed itself, as an item that will be refused.
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
  // What lies somewhere by itself has the class of that place: links come after everything else.
  const links: string[] = [];

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
      if (entry.isSymbolicLink()) {
        if (!isClutter(entry.name)) links.push(below);
      } else if (entry.isDirectory()) {
        if (!isClutter(entry.name)) await enter(below);
      } else if (isOffered(below) || (mayBeDicom(below) && (await isDicomFile(path.join(root, below))))) {
        items.push({ file: path.join(root, below), source: below, ...placeOf(below) });
      }
    }
  }

  const enter = (below: string): Promise<void> =>
    walk(below).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      items.push({ file: path.join(root, below), source: below });
    });

  /** Links met on the way are followed too. */
  async function followLinks(): Promise<void> {
    const listed = new Set<string>();
    for (let index = 0; index < links.length; index++) {
      const link = links[index]!;
      if (await isFolder(path.join(root, link))) {
        await enter(link);
        continue;
      }
      if (!isOffered(link)) continue;
      if (listed.size === 0) for (const { file } of items) listed.add(await realpath(file).catch(() => file));
      const real = await realpath(path.join(root, link)).catch(() => undefined);
      if (real !== undefined && listed.has(real)) continue;
      if (real !== undefined) listed.add(real);
      items.push({ file: path.join(root, link), source: link, ...placeOf(link) });
    }
  }

  await walk('').catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new SulcusError('FILE_UNREADABLE', `The folder ${root} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  });
  await followLinks();
  return items.sort((left, right) => (left.source < right.source ? -1 : 1));
}

const isFolder = (file: string): Promise<boolean> =>
  stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
