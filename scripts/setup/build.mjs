/** The compiled services in dist/: built again when a source is newer. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';
import { SetupError, say, withProgress } from './output.mjs';
import { readJson, writeJson } from './files.mjs';
import { run } from './process.mjs';

const SOURCE_FOLDERS = ['libs', 'services'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json'];
const dist = path.join(root, 'dist');

/** A source that was there when dist/ was built leaves its output behind when it goes. */
const STAMP = path.join(dist, '.sources.json');

/**
 * One value for the state of the sources (names, times and sizes; contents are not read), and their names.
 * @param {string} base
 */
export function describeSources(base) {
  const files = [
    ...SETTINGS.filter((file) => existsSync(path.join(base, file))),
    ...SOURCE_FOLDERS.filter((folder) => existsSync(path.join(base, folder))).flatMap((folder) =>
      readdirSync(path.join(base, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
        .map((entry) => path.relative(base, path.join(entry.parentPath, entry.name)))),
  ].sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const stat = statSync(path.join(base, file), { throwIfNoEntry: false });
    hash.update(`${file}\0${stat?.mtimeMs}\0${stat?.size}\n`);
  }
  return { fingerprint: hash.digest('hex'), files };
}

export const build = {
  name: 'build',

  isCurrent() {
    return readJson(STAMP)?.fingerprint === describeSources(root).fingerprint;
  },

  async apply() {
    // Described before compiling: a source saved meanwhile makes the next run build again.
    const sources = describeSources(root);
    const present = new Set(sources.files);
    const left = readJson(STAMP)?.files ?? [];
    if (!existsSync(STAMP) || left.some((file) => !present.has(file))) rmSync(dist, { recursive: true, force: true });
    const { code, stdout, stderr } = await withProgress('compiling the sources to dist/', () => run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']));
    if (code !== 0) {
      for (const line of `${stdout}${stderr}`.split('\n').filter(Boolean).slice(0, 20)) say(line);
      throw new SetupError('The sources do not compile: see the lines above.');
    }
    writeJson(STAMP, sources);
  },
};
