/** Files that appear whole or not at all: written aside, then renamed. */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from './paths.mjs';

/**
 * Gives `work` an empty folder on the same file system as the cache (so that renames are atomic) and removes it
 * afterwards. For use under the set-up lock: what a killed set-up left here, perhaps a gigabyte, goes first.
 * @template T
 * @param {(folder: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withTemporaryFolder(work) {
  const clear = () => rmSync(temporaryFolder, { recursive: true, force: true, maxRetries: 3 });
  clear();
  mkdirSync(temporaryFolder, { recursive: true });
  process.once('exit', clear);
  try {
    return await work(temporaryFolder);
  } finally {
    process.off('exit', clear);
    clear();
  }
}

/**
 * Puts a finished file or folder in its place; what lay there before is gone.
 * @param {string} from
 * @param {string} to
 */
export function moveIntoPlace(from, to) {
  mkdirSync(path.dirname(to), { recursive: true });
  if (existsSync(to) && statSync(to).isDirectory()) rmSync(to, { recursive: true });
  renameSync(from, to);
}

/** @param {string} file @param {unknown} value */
export function writeJson(file, value) {
  mkdirSync(path.dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(aside, file);
}

/** The parsed file, or undefined when it is missing or damaged. @param {string} file */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string} file @returns {Promise<string>} hex */
export async function sha256OfFile(file) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** Bytes in all files below a folder; files that vanish meanwhile count as 0. @param {string} folder */
export function folderSize(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile())
      bytes += statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
