/** The npm packages, exactly as package-lock.json names them, without install scripts. */
import { existsSync, lstatSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { root } from './paths.mjs';
import { SetupError, withProgress } from './output.mjs';
import { readJson } from './files.mjs';
import { DOWNLOADERS, explainDownload } from './causes.mjs';
import { run } from './process.mjs';

/** Where npm keeps what it installed. */
const INSTALLED = path.join(root, 'node_modules/.package-lock.json');

/**
 * Compares the wanted lock with the one npm keeps in node_modules of what it installed.
 * Optional packages may be absent (they belong to other platforms), a present one must still have the right version.
 * @param {{ packages: Record<string, { version?: string, optional?: boolean, devOptional?: boolean, link?: boolean }>
 *   }} wanted
 * @param {{ packages: Record<string, { version?: string }> } | undefined} installed
 */
export function isInstalled(wanted, installed) {
  if (!installed) return false;
  return Object.entries(wanted.packages).every(([name, { version, optional }]) => {
    if (name === '') return true;
    const present = installed.packages[name];
    return present ? present.version === version : optional === true;
  });
}

export const npmPackages = {
  name: 'npm packages',

  isCurrent() {
    return isInstalled(readJson(path.join(root, 'package-lock.json')), readJson(INSTALLED));
  },

  needs() {
    const cache = process.env.npm_config_cache || path.join(homedir(), '.npm');
    return [
      // What is there already goes first.
      { what: 'npm packages', bytes: existsSync(path.dirname(INSTALLED)) ? 100e6 : 750e6 },
      { what: "npm's cache", bytes: 250e6, folder: cache },
    ];
  },

  async apply() {
    // Install scripts stay off: the one of @tensorflow/tfjs-node-gpu downloads an old TensorFlow.
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    // npm removes what is there before it installs, and this file last: without it an npm that is killed is noticed.
    rmSync(INSTALLED, { force: true });
    const { code, stderr } = await withProgress('installing the npm packages', () => run('npm', args));
    if (code === 127) throw new SetupError('npm is not on PATH: install it (it comes with Node.js) and run again.');
    if (code !== 0) throw new SetupError(`npm ci failed: ${explainDownload(stderr, DOWNLOADERS.npm)}; then run again.`);
  },
};

const LINK = path.join(root, 'node_modules/.bin/sulcus');

/** The clone's own command where npx looks first, so that `npx sulcus` needs no network. */
export const commandLink = {
  name: 'sulcus command',

  isCurrent() {
    return lstatSync(LINK, { throwIfNoEntry: false }) !== undefined;
  },

  async apply() {
    rmSync(LINK, { force: true });
    symlinkSync('../../scripts/sulcus.mjs', LINK);
  },
};
