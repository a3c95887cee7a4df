/** The compiled services in dist/: built again when a source is newer. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { root, typescriptCompiler } from './paths.mjs';
import { SetupError, say, withProgress } from './output.mjs';
import { readJson, writeJson } from './files.mjs';
import { run } from './process.mjs';

const SOURCE_FOLDERS = ['libs', 'services'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json'];
const SHOWN_ERRORS = 20;
const dist = path.join(root, 'dist');

const STAMP = path.join(dist, '.sources.json');

/**
 * One value for the state of the sources: names, times and sizes; contents are not read.
 * @param {string} base
 */
export function fingerprintSources(base) {
  const files = [
    ...SETTINGS.filter((file) => existsSync(path.join(base, file))),
    ...SOURCE_FOLDERS.filter((folder) => existsSync(path.join(base, folder))).flatMap((folder) =>
      readdirSync(path.join(base, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
        .map((entry) => path.relative(base, path.join(entry.parentPath, entry.name))),
    ),
  ].sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const stat = statSync(path.join(base, file), { throwIfNoEntry: false });
    hash.update(`${file}\0${stat?.mtimeMs}\0${stat?.size}\n`);
  }
  return hash.digest('hex');
}

/**
 * The compiled files below `output` whose source below `base` is gone: left in place they could still be imported.
 * @param {string} base @param {string} output @param {readonly string[]} [folders] below both
 * @returns {string[]} full paths
 */
export function findOrphans(base, output, folders = SOURCE_FOLDERS) {
  return folders
    .filter((folder) => existsSync(path.join(output, folder)))
    .flatMap((folder) =>
      readdirSync(path.join(output, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.js(\.map)?$/.test(entry.name))
        .map((entry) => path.join(entry.parentPath, entry.name))
        .filter((file) => !existsSync(path.join(base, path.relative(output, file).replace(/\.js(\.map)?$/, '.ts')))),
    );
}

export const build = {
  name: 'build',

  isCurrent() {
    return readJson(STAMP)?.fingerprint === fingerprintSources(root);
  },

  async apply() {
    // Taken before compiling: a source saved meanwhile makes the next run build again.
    const fingerprint = fingerprintSources(root);
    const { code, stdout, stderr } = await withProgress('compiling the sources to dist/', () =>
      run(process.execPath, [typescriptCompiler, '-p', 'tsconfig.build.json']),
    );
    for (const orphan of findOrphans(root, dist)) rmSync(orphan);
    if (code !== 0) {
      for (const line of `${stdout}${stderr}`.split('\n').filter(Boolean).slice(0, SHOWN_ERRORS)) say(line);
      throw new SetupError('The sources do not compile: see the lines above.');
    }
    writeJson(STAMP, { fingerprint });
  },
};
