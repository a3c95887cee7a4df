import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { IMAGE_EXTENSIONS } from '#libs/imaging';

const extensions: ReadonlySet<string> = new Set(IMAGE_EXTENSIONS);

/**
 * Files to predict: those named, and in folders, at any depth, those that are called like an image. Folders are listed
 * in the order of names, so that two runs give the same list.
 *
 * @throws FILE_UNREADABLE for a path that is not there; INVALID_ARGUMENT when there is nothing to predict
 */
export async function findImages(paths: readonly string[]): Promise<string[]> {
  const found = (await Promise.all(paths.map(findUnder))).flat();
  if (found.length === 0) throw new SulcusError('INVALID_ARGUMENT', `No images (${[...extensions].join(', ')}) under ${paths.join(', ')}`);
  return found;
}

async function findUnder(root: string): Promise<string[]> {
  const information = await stat(root).catch((error: unknown) => {
    throw new SulcusError('FILE_UNREADABLE', `${root} cannot be read`, { cause: error, details: { path: root } });
  });
  if (!information.isDirectory()) return [root];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && extensions.has(path.extname(entry.name).slice(1).toLowerCase()))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
