/** Whether a file is still what set-up made: known by its size, and where that is asked for by its content. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';
import { sha256OfFile } from './files.mjs';

/** @typedef {{ bytes: number, sha256: string }} FileRecord what a stamp keeps of a file */

/** @param {string} file @returns {Promise<FileRecord>} */
export async function recordOf(file) {
  return { bytes: statSync(file).size, sha256: await sha256OfFile(file) };
}

/**
 * What is wrong with a file, as a line, or undefined.
 * @param {string} file
 * @param {FileRecord | undefined} record undefined when nobody knows what it should be
 * @param {{ thorough?: boolean }} [options] `thorough` reads the file, which takes a second for a gigabyte
 * @returns {Promise<string | undefined>}
 */
export async function findDamage(file, record, { thorough = false } = {}) {
  const name = path.relative(root, file);
  const bytes = statSync(file, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) return `${name} is missing`;
  if (record === undefined) return `${name} is of unknown origin`;
  if (bytes !== record.bytes) return `${name} has ${bytes} bytes instead of ${record.bytes}`;
  if (thorough && (await sha256OfFile(file)) !== record.sha256) return `${name} has another content than it had`;
  return undefined;
}
