import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { FolderSync } from './folder-sync.js';
import { syncFolder, syncFolderSync } from './sync-folder.js';

/** Ends the name of a file that is being written: of what a power loss or a kill leaves of it nobody was told. */
export const UNFINISHED = '.part';

export interface WriteOptions {
  /** Who may read and write it. Default: its owner alone. */
  mode?: number;
  /** Syncs of the file's folder that are shared with others who write there. Default: one of its own. */
  listing?: FolderSync;
}

const OWNER_ALONE = 0o600;

/** A name of its own for each writer: two may write the same file, and the last stays. */
const unfinishedName = (file: string): string => `${file}.${randomBytes(6).toString('hex')}${UNFINISHED}`;

/**
 * Writes a file that appears whole or not at all, in place of one that is there, and is there after a power loss when
 * this resolves: under another name, synced, renamed, and its folder synced. The folder must be durable itself.
 *
 * @throws what the system says; nothing unfinished is left, and the file may be there or not
 */
export async function writeDurably(
  file: string,
  bytes: Uint8Array | string,
  { mode = OWNER_ALONE, listing }: WriteOptions = {},
): Promise<void> {
  const unfinished = unfinishedName(file);
  try {
    const handle = await open(unfinished, 'wx', mode);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
  await (listing ? listing.sync() : syncFolder(path.dirname(file)));
}

/** The same, in one go. */
export function writeDurablySync(
  file: string,
  bytes: Uint8Array | string,
  { mode = OWNER_ALONE }: Pick<WriteOptions, 'mode'> = {},
): void {
  const unfinished = unfinishedName(file);
  try {
    writeFileSync(unfinished, bytes, { mode, flag: 'wx', flush: true });
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  syncFolderSync(path.dirname(file));
}
