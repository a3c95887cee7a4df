/**
 * The tests, compiled to dist/ with what they import: each test file is a process, and so is much of what it starts,
 * and none of them has to compile anything. Types are not checked here but by `npm run typecheck`.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { findOrphans } from '../setup/build.mjs';
import { SetupError, say } from '../setup/output.mjs';
import { root, typescriptCompiler } from '../setup/paths.mjs';
import { run } from '../setup/process.mjs';

const dist = path.join(root, 'dist');

/** Folders that hold other things beside TypeScript, which tests find where they expect it: beside themselves. */
const MIXED_FOLDERS = ['test', 'scripts'];

/** @throws {SetupError} when a file cannot be parsed */
export async function compileTests() {
  // Before the compiler writes: it would follow a link to a folder that holds TypeScript by now.
  for (const folder of MIXED_FOLDERS) linkOthers(path.join(root, folder), path.join(dist, folder));
  const { code, stdout, stderr } = await run(process.execPath, [typescriptCompiler, '-p', 'tsconfig.test.json']);
  for (const orphan of findOrphans(root, dist, ['libs', 'services', ...MIXED_FOLDERS])) rmSync(orphan);
  if (code === 0) return;
  for (const line of `${stdout}${stderr}`.split('\n').filter(Boolean)) say(line);
  throw new SetupError('The tests do not compile: see the lines above.');
}

/**
 * The compiled file of a test, relative like its source.
 * @param {string} file for example `test/libs/bus/consume.test.ts`
 */
export const compiledTest = (file) =>
  path.join('dist', path.relative(root, path.resolve(file)).replace(/\.ts$/, '.js'));

/**
 * Links to what is not TypeScript; a folder without any is one link.
 * @param {string} source @param {string} target
 */
function linkOthers(source, target) {
  if (isLink(target)) rmSync(target);
  mkdirSync(target, { recursive: true });
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    const [from, to] = [path.join(source, entry.name), path.join(target, entry.name)];
    if (entry.isDirectory() && holdsTypeScript(from)) linkOthers(from, to);
    else if (!isLink(to) && !entry.name.endsWith('.ts')) {
      rmSync(to, { force: true, recursive: true });
      symlinkSync(path.relative(target, from), to);
    }
  }
}

/** @param {string} folder */
const holdsTypeScript = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('.ts'));

/** @param {string} file */
const isLink = (file) => lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
