import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { makeFolder } from '../shared/make-folder.js';

/**
 * Holds a state folder among launchers of this machine until this process ends, from before anything in it is looked
 * at: of two that begin at once both would find it free. An abstract socket, which only Linux has and which no crash
 * leaves behind.
 *
 * @returns false when another launcher holds it
 */
export async function claimFolder(root: string): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  let name: string;
  try {
    name = nameOf(root);
  } catch {
    return true; // Nobody can hold a folder that cannot be made; who is to work in it says why.
  }
  const holder = createServer().listen(`\0sulcus-state-${name}`).unref();
  try {
    await once(holder, 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return false;
  }
}

/**
 * One name for each folder, whatever links lead to it, whether it is there yet, and also where it is emptied and made
 * again: by the folder that it lies in. Containers may call other folders by the same path.
 */
function nameOf(root: string): string {
  const folder = existsSync(root) ? realpathSync(root) : root;
  const parent = path.dirname(folder);
  makeFolder(parent);
  const { dev, ino } = statSync(parent);
  return createHash('sha256')
    .update(`${dev}/${ino}/${path.basename(folder)}`)
    .digest('hex');
}
