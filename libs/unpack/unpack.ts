import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { Admission, UNPACK_LIMITS, type Unpacked, type UnpackLimits } from './admission.js';
import { readTar } from './read-tar.js';
import { readZip } from './read-zip.js';

const ZIP = /\.zip$/i;
const TAR = /\.(tar|tar\.gz|tgz)$/i;

export interface UnpackOptions {
  limits?: Partial<UnpackLimits>;
  /** After each file or folder. */
  onProgress?: (unpacked: Readonly<Unpacked>) => void;
  signal?: AbortSignal;
}

/** Whether a file is named as one that can be unpacked: .zip, .tar, .tar.gz, .tgz. */
export const isPacked = (file: string): boolean => ZIP.test(file) || TAR.test(file);

/** The name without what says how it is packed: `scans` for `/data/scans.tar.gz`. */
export const packedStem = (file: string): string => path.basename(file).replace(ZIP, '').replace(TAR, '');

/**
 * Unpacks a zip or tar file into a folder that appears whole or not at all. Links, devices, paths that leave the
 * folder, names that stand twice, damaged and encrypted entries are refused, and with them the whole file. Modes,
 * owners and times are not taken over.
 *
 * @param folder must not be there
 * @throws INVALID_ARGUMENT saying what is wrong with the file or too large; FILE_UNREADABLE; the signal's reason
 */
export async function unpack(
  file: string,
  folder: string,
  { limits, onProgress, signal }: UnpackOptions = {},
): Promise<Unpacked> {
  const bounds = { ...UNPACK_LIMITS, ...limits };
  const draft = `${folder}.${process.pid}.draft`;
  try {
    const admission = new Admission(draft, (await stat(file)).size, bounds);
    await mkdir(draft, { recursive: true });
    const onEntry = (): void => {
      signal?.throwIfAborted();
      onProgress?.(admission.counts);
    };
    if (ZIP.test(file)) await readZip(file, admission, onEntry);
    else await readTar(file, admission, { maxRatio: bounds.maxRatio, onEntry });
    await rename(draft, folder);
    return admission.counts;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw explained(file, error as NodeJS.ErrnoException);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

function explained(file: string, error: NodeJS.ErrnoException): SulcusError {
  const name = path.basename(file);
  const options = { cause: error, details: { path: file } };
  if (error.code === 'EEXIST')
    return new SulcusError('INVALID_ARGUMENT', `${name} is not unpacked: it holds a name twice`, options);
  if (error.code === 'ENOSPC')
    return new SulcusError('STORAGE_FULL', `${name} is not unpacked: there is no room left on the disk`, options);
  if (['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'EIO'].includes(error.code ?? ''))
    return new SulcusError('FILE_UNREADABLE', `${name} cannot be unpacked: ${error.message}`, options);
  const why = error instanceof SulcusError ? error.rawMessage : error.message;
  return new SulcusError('INVALID_ARGUMENT', `${name} is not unpacked: ${why}`, options);
}
