/**
 * Formats the C++ sources by `.clang-format`. With --check it changes nothing, and fails where something would change.
 * clang-format comes as a wheel of one pinned version (another one breaks lines elsewhere), under `.sulcus/`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder, root } from './setup/paths.mjs';
import { NOT_CHECKED } from './verify/checks.mjs';

const VERSION = '20.1.8';
const checks = process.argv.includes('--check');
const folder = path.join(cacheFolder, 'tools', `clang-format-${VERSION}`);
const clangFormat = path.join(folder, 'clang_format/data/bin/clang-format');

if (!existsSync(clangFormat)) {
  const install = ['-m', 'pip', 'install', '--no-deps', '--quiet', '--disable-pip-version-check', '--no-input'];
  const { status, stderr, error } = spawnSync(
    'python3',
    [...install, '--root-user-action=ignore', '--target', folder, `clang-format==${VERSION}`],
    { encoding: 'utf8' },
  );
  if (status !== 0) {
    console.error(`clang-format ${VERSION} could not be installed with python3 -m pip:\n${error?.message ?? stderr}`);
    process.exit(checks ? NOT_CHECKED : 1);
  }
}

// Not asked of git, which does not answer in a clone that belongs to another user.
const sources = ['libs', 'test'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(cc|h)$/.test(file))
    .map((file) => path.join(folder, file)),
);
const mode = checks ? ['--dry-run', '--Werror'] : ['-i'];
const { status } = spawnSync(clangFormat, [...mode, ...sources], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
