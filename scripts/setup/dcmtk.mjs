/** DCMTK's programs, unpacked from Debian packages: what tests of DICOM talk to. Nothing is installed. */
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readAptSources } from './apt-sources.mjs';
import { withTemporaryFolder } from './files.mjs';
import { openPrivateApt } from './private-apt.mjs';
import { mainError, run } from './process.mjs';

/** Every machine has these, and they must be its own. */
const OF_THE_MACHINE = /^(libc6|libgcc-s1|libstdc\+\+6|gcc-\d+-base|libcrypt1)$/;

/**
 * Unpacks DCMTK with the libraries it needs.
 * @param {string} folder where its programs are to be found: `<folder>/bin/storescu`
 * @returns {Promise<string | undefined>} why it could not be had
 */
export async function bringDcmtk(folder) {
  const sources = readAptSources();
  if (sources.length === 0) return 'apt has no sources on this machine';
  return await withTemporaryFolder(async (temporary) => {
    const apt = await openPrivateApt(temporary, sources);
    const failure = await apt.update();
    if (failure) return failure.reason;
    // Of what it depends on, libraries alone: nothing is configured.
    const names = (await apt.dependenciesOf('dcmtk')).filter(
      (name) => /^(dcmtk$|lib)/.test(name) && !OF_THE_MACHINE.test(name),
    );
    if (!names.includes('dcmtk')) return 'apt offers no dcmtk';
    mkdirSync(folder, { recursive: true });
    for (const name of names) {
      const { code, stderr } = await run('dpkg-deb', ['-x', await apt.download(name), folder]);
      if (code !== 0) return mainError(stderr);
    }
    writeWrappers(folder);
    const { code, stdout, stderr } = await run(path.join(folder, 'bin/storescu'), ['--version']);
    return code === 0 ? undefined : mainError(`${stdout}\n${stderr}`);
  });
}

/** The programs find their libraries and dictionary where they were unpacked. @param {string} folder */
function writeWrappers(folder) {
  const libraries = ['usr/lib', 'lib'].flatMap((part) =>
    list(path.join(folder, part))
      .filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => path.join(folder, part, name)),
  );
  const data = list(path.join(folder, 'usr/share')).find((name) => name.startsWith('libdcmtk')) ?? 'dcmtk';
  mkdirSync(path.join(folder, 'bin'), { recursive: true });
  for (const name of list(path.join(folder, 'usr/bin'))) {
    const file = path.join(folder, 'bin', name);
    const lines = [
      '#!/bin/sh',
      `LD_LIBRARY_PATH='${libraries.join(':')}'`,
      `DCMDICTPATH='${path.join(folder, 'usr/share', data, 'dicom.dic')}'`,
      'export LD_LIBRARY_PATH DCMDICTPATH',
      `exec '${path.join(folder, 'usr/bin', name)}' "$@"`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    chmodSync(file, 0o755);
  }
}

/** @param {string} folder */
function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
