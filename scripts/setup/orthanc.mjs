/** Orthanc with its DICOMweb plugin: the PACS that tests of pulling talk to. */
import path from 'node:path';
import { mainError, run } from './process.mjs';
import { listFolder, unpackDebian, writeWrappers } from './unpack-debian.mjs';

/**
 * Unpacks Orthanc with the libraries it needs.
 * @param {string} folder where it is to be found: `<folder>/bin/Orthanc`, its plugins in `usr/share/orthanc/plugins`
 * @returns {Promise<string | undefined>} why it could not be had
 */
export async function bringOrthanc(folder) {
  const failure = await unpackDebian(folder, ['orthanc', 'orthanc-dicomweb']);
  if (failure) return failure;
  const data = listFolder(path.join(folder, 'usr/share')).find((name) => name.startsWith('libdcmtk')) ?? 'dcmtk';
  writeWrappers(folder, 'usr/sbin', { DCMDICTPATH: path.join(folder, 'usr/share', data, 'dicom.dic') });
  const { code, stdout, stderr } = await run(path.join(folder, 'bin/Orthanc'), ['--version']);
  return code === 0 ? undefined : mainError(`${stdout}\n${stderr}`);
}
