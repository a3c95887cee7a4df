/** DCMTK's programs: what tests of DICOM talk to. */
import path from 'node:path';
import { mainError, run } from './process.mjs';
import { listFolder, unpackDebian, writeWrappers } from './unpack-debian.mjs';

/**
 * Unpacks DCMTK with the libraries it needs.
 * @param {string} folder where its programs are to be found: `<folder>/bin/storescu`
 * @returns {Promise<string | undefined>} why it could not be had
 */
export async function bringDcmtk(folder) {
  const failure = await unpackDebian(folder, ['dcmtk']);
  if (failure) return failure;
  const data = listFolder(path.join(folder, 'usr/share')).find((name) => name.startsWith('libdcmtk')) ?? 'dcmtk';
  writeWrappers(folder, 'usr/bin', { DCMDICTPATH: path.join(folder, 'usr/share', data, 'dicom.dic') });
  const { code, stdout, stderr } = await run(path.join(folder, 'bin/storescu'), ['--version']);
  return code === 0 ? undefined : mainError(`${stdout}\n${stderr}`);
}
