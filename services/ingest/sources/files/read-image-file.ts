import { constants } from 'node:fs';
import { open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { SulcusError } from '#libs/errors';

/** What is never an image, whatever its name or who leads there: the system's own files. */
const SYSTEM_FOLDERS = ['/proc', '/sys', '/dev'];

/**
 * The bytes of an image file, as {@link readRegularFile}.
 *
 * @throws as that; IMAGE_TOO_LARGE
 */
export const readImageFile = (file: string, maxFileBytes: number, within?: string): Promise<Buffer> =>
  readRegularFile(file, within, (sizeBytes) => {
    if (sizeBytes > maxFileBytes) throw tooLarge(sizeBytes, maxFileBytes);
  });

/**
 * The bytes of a file. What is no regular file, or belongs to the system, is refused before a byte is read.
 *
 * @param within real path of the folder that the file must lie in, wherever links lead; undefined: anywhere
 * @param checkSize throws for a file of too many bytes
 * @throws FILE_UNREADABLE with the reason in plain words, PERMISSION_DENIED for a file outside the folder
 */
export async function readRegularFile(
  file: string,
  within: string | undefined,
  checkSize: (sizeBytes: number) => void,
): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    // Without waiting: a pipe that nobody writes to would be waited for forever.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await handle.stat();
    refuseOutside(await placeOf(file, handle), within);
    if (stats.isDirectory()) throw new SulcusError('FILE_UNREADABLE', 'It is a folder');
    if (!stats.isFile()) throw new SulcusError('FILE_UNREADABLE', 'It is no regular file');
    checkSize(stats.size);
    return await handle.readFile();
  } catch (error) {
    if (error instanceof SulcusError) throw error;
    throw new SulcusError(
      'FILE_UNREADABLE',
      REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? `The file cannot be read: ${(error as Error).message}`,
      { cause: error },
    );
  } finally {
    await handle?.close();
  }
}

/** Where an open file really lies: by the handle where the system tells, for a link may be turned meanwhile. */
async function placeOf(file: string, handle: FileHandle): Promise<string> {
  try {
    return await readlink(`/proc/self/fd/${handle.fd}`);
  } catch {
    return await realpath(file);
  }
}

function refuseOutside(place: string, within: string | undefined): void {
  if (SYSTEM_FOLDERS.some((folder) => isWithin(place, folder)))
    throw new SulcusError('PERMISSION_DENIED', 'It is a file of the system itself, and is not read');
  if (within !== undefined && !isWithin(place, within))
    throw new SulcusError(
      'PERMISSION_DENIED',
      'It lies outside the folder that was named, and is not read: copy it there, or set SULCUS_READ_OUTSIDE=true',
    );
}

/** Whether a path is a folder or lies in it, both without links. */
export const isWithin = (place: string, folder: string): boolean => {
  const relative = path.relative(folder, place);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
};

const tooLarge = (bytes: number, maxFileBytes: number): SulcusError =>
  new SulcusError('IMAGE_TOO_LARGE', `The file has ${bytes} bytes, the limit is ${maxFileBytes}; it is not kept`, {
    details: { bytes, maxFileBytes },
  });

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file, or it is a link to nothing',
  EACCES: 'Reading it is not permitted',
  EPERM: 'Reading it is not permitted',
  EISDIR: 'It is a folder',
  ELOOP: 'Its links lead in a circle',
  EIO: 'The disk reports an error',
  ENXIO: 'It is no regular file',
};
