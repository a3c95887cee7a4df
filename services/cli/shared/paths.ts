import { existsSync } from 'node:fs';
import path from 'node:path';

/** Folder of the package: the nearest one above this module with a package.json, for sources and compiled code. */
export function packageRoot(): string {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (folder === path.dirname(folder)) return process.cwd();
  }
}

/** Where runs keep their state, logs and traces unless told otherwise. */
export const runsFolder = (): string => path.join(packageRoot(), '.sulcus', 'run');

/** Path as the user would type it from here. */
export function shownPath(absolute: string): string {
  const relative = path.relative(process.cwd(), absolute);
  return relative === '' ? '.' : relative.startsWith('..') ? absolute : relative;
}
