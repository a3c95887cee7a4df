import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from './sync-folder.js';

const OWNER_ALONE = 0o700;

/**
 * Makes a folder and those above it, for their owner alone. (Node's own way never returns where a folder is there and
 * takes nothing in, such as below a disk that is not mounted.)
 *
 * @returns the folders that were made, the highest first
 * @throws what the system says
 */
export async function makeFolder(folder: string): Promise<string[]> {
  const make = (): Promise<unknown> => mkdir(folder, { mode: OWNER_ALONE });
  try {
    await make();
    return [folder];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return [];
    const above = path.dirname(folder);
    if (code !== 'ENOENT' || above === folder) throw error;
    const made = await makeFolder(above);
    await make().catch((failure: NodeJS.ErrnoException) => {
      // Somebody else was faster.
      if (failure.code !== 'EEXIST') throw failure;
    });
    return [...made, folder];
  }
}

/** The same; they are there after a power loss: each is listed in the one above it, which is synced. */
export async function makeFolderDurably(folder: string): Promise<void> {
  for (const made of await makeFolder(folder)) await syncFolder(path.dirname(made));
}
