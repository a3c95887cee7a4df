import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder and those above it. (Node's own way never returns where a folder is there and takes nothing in, such
 * as below a link to a disk that is not mounted.)
 *
 * @throws the system's error
 */
export function makeFolder(folder: string): void {
  const above = path.dirname(folder);
  if (above !== folder && statSync(above, { throwIfNoEntry: false }) === undefined) makeFolder(above);
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
