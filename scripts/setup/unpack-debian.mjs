/** Programs unpacked from Debian packages, with the libraries they need: what tests talk to. Nothing is installed. */
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readAptSources } from './apt-sources.mjs';
import { withTemporaryFolder } from './files.mjs';
import { openPrivateApt } from './private-apt.mjs';
import { mainError, run } from './process.mjs';

/** Every machine has these, and they must be its own. */
const OF_THE_MACHINE = /^(libc6|libgcc-s1|libstdc\+\+6|gcc-\d+-base|libcrypt1)$/;

/**
 * Unpacks packages with the libraries that they depend on; nothing is configured.
 * @param {string} folder
 * @param {readonly string[]} packages
 * @returns {Promise<string | undefined>} why they could not be had
 */
export async function unpackDebian(folder, packages) {
  const sources = readAptSources();
  if (sources.length === 0) return 'apt has no sources on this machine';
  return await withTemporaryFolder(async (temporary) => {
    const apt = await openPrivateApt(temporary, sources);
    const failure = await apt.update();
    if (failure) return failure.reason;
    /** @type {Set<string>} */
    const names = new Set();
    for (const wanted of packages) {
      const found = await apt.dependenciesOf(wanted);
      if (!found.includes(wanted)) return `apt offers no ${wanted}`;
      for (const name of found)
        if (packages.includes(name) || (/^lib/.test(name) && !OF_THE_MACHINE.test(name))) names.add(name);
    }
    mkdirSync(folder, { recursive: true });
    for (const name of names) {
      const { code, stderr } = await run('dpkg-deb', ['-x', await apt.download(name), folder]);
      if (code !== 0) return mainError(stderr);
    }
    return undefined;
  });
}

/**
 * Programs that find their libraries where they were unpacked, as `<folder>/bin/<name>`.
 * @param {string} folder
 * @param {string} programs folder that they were unpacked to, below the other
 * @param {Readonly<Record<string, string>>} variables
 */
export function writeWrappers(folder, programs, variables = {}) {
  const libraries = ['usr/lib', 'lib'].flatMap((part) =>
    listFolder(path.join(folder, part))
      .filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => path.join(folder, part, name)),
  );
  const all = { LD_LIBRARY_PATH: libraries.join(':'), ...variables };
  mkdirSync(path.join(folder, 'bin'), { recursive: true });
  for (const name of listFolder(path.join(folder, programs))) {
    const file = path.join(folder, 'bin', name);
    const lines = [
      '#!/bin/sh',
      ...Object.entries(all).map(([variable, value]) => `${variable}='${value}'`),
      `export ${Object.keys(all).join(' ')}`,
      `exec '${path.join(folder, programs, name)}' "$@"`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    chmodSync(file, 0o755);
  }
}

/** @param {string} folder @returns {string[]} what it holds; nothing where there is none */
export function listFolder(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
