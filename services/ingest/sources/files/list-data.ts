import { stat } from 'node:fs/promises';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { listFolder } from '../folder/list-folder.js';
import { findPartManifests } from '../manifest/part-manifests.js';
import { readManifest, readManifests, type ManifestOptions } from '../manifest/read-manifest.js';
import type { FileItem } from './ingest-file.js';

export interface ListOptions extends ManifestOptions {
  signal?: AbortSignal | undefined;
}

/**
 * The images of a folder in ImageFolder layout, of a folder with a manifest for each part, or of a manifest.
 *
 * @throws FILE_UNREADABLE; INVALID_ARGUMENT for a file that is no manifest, or one with mistakes
 */
export async function listData(target: string, { columns, signal }: ListOptions = {}): Promise<FileItem[]> {
  const stats = await stat(target).catch((error: Error) => {
    throw new SulcusError('FILE_UNREADABLE', `Cannot read ${target}: ${error.message}`, { cause: error });
  });
  if (!stats.isDirectory()) {
    if (path.extname(target).toLowerCase() === '.csv') return readManifest(target, { columns });
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `Cannot read ${target}: expected a folder of images or a manifest that ends in .csv`,
    );
  }
  const manifests = await findPartManifests(target);
  return manifests.length > 0 ? readManifests(manifests, { columns }) : listFolder(target, signal);
}
