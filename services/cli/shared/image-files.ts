import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { IMAGE_EXTENSIONS } from '#libs/imaging';

const extensions: ReadonlySet<string> = new Set(IMAGE_EXTENSIONS);

/**
 * Files to predict: each file itself, whatever it is called, and of each folder what is called like an image, at any
 * depth, in the order of paths. A file that is named twice is asked about once.
 *
 * @throws FILE_UNREADABLE for a path that is not there; INVALID_ARGUMENT for a folder without images
 */
export async function findImages(targets: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const target of targets) found.push(...(await imagesAt(target)));
  return [...new Set(found)];
}

async function imagesAt(target: string): Promise<string[]> {
  const information = await stat(target).catch((error: unknown) => {
    throw new SulcusError('FILE_UNREADABLE', `${target} cannot be read`, { cause: error, details: { path: target } });
  });
  if (!information.isDirectory()) return [target];
  const entries = await readdir(target, { recursive: true, withFileTypes: true });
  const images = entries.filter(
    (entry) => entry.isFile() && extensions.has(path.extname(entry.name).slice(1).toLowerCase()),
  );
  if (images.length === 0)
    throw new SulcusError('INVALID_ARGUMENT', `${target} holds no images (${[...extensions].join(', ')})`);
  return images.map((entry) => path.join(entry.parentPath, entry.name)).sort();
}
