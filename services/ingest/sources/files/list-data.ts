import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { listFolder } from '../folder/list-folder.js';
import { findPartManifests } from '../manifest/part-manifests.js';
import { readManifest, readManifests, type ManifestOptions } from '../manifest/read-manifest.js';
import type { FileItem } from './ingest-file.js';

export interface ListOptions extends ManifestOptions {
  signal?: AbortSignal | undefined;
  /** Whether files that a manifest or a link names outside the folder are read too. Default: false. */
  readsOutside?: boolean | undefined;
}

/**
 * The images of a folder in ImageFolder layout, of a folder with a manifest for each part, or of a manifest.
 *
 * @throws FILE_UNREADABLE; INVALID_ARGUMENT for a file that is no manifest, or one with mistakes
 */
export async function listData(target: string, options: ListOptions = {}): Promise<FileItem[]> {
  const { columns, encoding, signal, readsOutside = false } = options;
  const stats = await stat(target).catch((error: Error) => {
    throw new SulcusError('FILE_UNREADABLE', `Cannot read ${target}: ${error.message}`, { cause: error });
  });
  const folder = stats.isDirectory() ? target : path.dirname(target);
  const within = readsOutside ? undefined : await realpath(folder);
  const kept = (items: FileItem[]): FileItem[] =>
    within === undefined ? items : items.map((item) => ({ ...item, within }));
  if (!stats.isDirectory()) {
    if (path.extname(target).toLowerCase() === '.csv') return kept(await readManifest(target, { columns, encoding }));
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `Cannot read ${target}: expected a folder of images or a manifest that ends in .csv`,
    );
  }
  const manifests = await findPartManifests(target);
  return kept(
    await (manifests.length > 0
      ? readManifests(manifests, { columns, encoding, within })
      : listFolder(target, { signal, within })),
  );
}
