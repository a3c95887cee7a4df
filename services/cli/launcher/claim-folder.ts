import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

/**
 * Holds a state folder among launchers of this machine until this process ends, from before anything in it is looked
 * at: of two that begin at once both would find it free. An abstract socket, which only Linux has and which no crash
 * leaves behind.
 *
 * @returns false when another launcher holds it
 */
export async function claimFolder(root: string): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const name = createHash('sha256').update(realPath(root)).digest('hex');
  const holder = createServer().listen(`\0sulcus-state-${name}`).unref();
  try {
    await once(holder, 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return false;
  }
}

/** One name for each folder, whatever links lead to it and whether it is there yet. */
function realPath(folder: string): string {
  if (existsSync(folder)) return realpathSync(folder);
  const parent = path.dirname(folder);
  return parent === folder ? folder : path.join(realPath(parent), path.basename(folder));
}
