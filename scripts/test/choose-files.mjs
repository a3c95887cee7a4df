/** Which test files a run is about. */
import { readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Every `*.test.ts` below a folder, as sorted paths relative to `base`.
 * @param {string} base
 * @param {string} [folder]
 */
export function listTestFiles(base, folder = 'test') {
  return readdirSync(path.join(base, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => path.relative(base, path.join(entry.parentPath, entry.name)))
    .sort();
}

/**
 * The files whose path holds one of the patterns; all of them without a pattern.
 * @param {readonly string[]} files @param {readonly string[]} patterns
 */
export function matchFiles(files, patterns) {
  return patterns.length === 0
    ? [...files]
    : files.filter((file) => patterns.some((pattern) => file.includes(pattern)));
}
