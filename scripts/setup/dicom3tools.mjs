/** dicom3tools' programs: dciodvfy checks objects against the standard's definitions. */
import path from 'node:path';
import { mainError, run } from './process.mjs';
import { unpackDebian, writeWrappers } from './unpack-debian.mjs';

/**
 * Unpacks dicom3tools with the libraries it needs.
 * @param {string} folder where its programs are to be found: `<folder>/bin/dciodvfy`
 * @returns {Promise<string | undefined>} why it could not be had
 */
export async function bringDicom3tools(folder) {
  const failure = await unpackDebian(folder, ['dicom3tools']);
  if (failure) return failure;
  writeWrappers(folder, 'usr/bin', {});
  const { code, stdout, stderr } = await run(path.join(folder, 'bin/dciodvfy'), ['-version']);
  return code === 0 ? undefined : mainError(`${stdout}\n${stderr}`);
}
