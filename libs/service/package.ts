import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Folder of the package: the nearest one above this module with a package.json, for sources and compiled code. */
export function packageRoot(): string {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (folder === path.dirname(folder)) return process.cwd();
  }
}

/** The package's version; `unknown` where there is no package.json. */
export function packageVersion(): string {
  const manifest = path.join(packageRoot(), 'package.json');
  return existsSync(manifest) ? (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version : 'unknown';
}
