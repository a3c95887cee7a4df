import { open, type FileHandle } from 'node:fs/promises';
import { SulcusError } from '#libs/errors';
import type { IngestOptions, Ingestor } from '../../pipeline/ingestor.js';
import type { ImageInput, IngestOutcome } from '../../pipeline/outcome.js';

/** A file that is to be taken in, with what is known about it from outside. */
export interface FileItem extends Omit<ImageInput, 'bytes'> {
  /** Path to open. */
  file: string;
}

/** Reads one file and takes it in. A file that cannot be read is rejected, by name and cause. */
export async function ingestFile(
  ingestor: Ingestor,
  { file, ...rest }: FileItem,
  maxFileBytes: number,
  options: IngestOptions = {},
): Promise<IngestOutcome> {
  let bytes: Buffer;
  try {
    bytes = await readImageFile(file, maxFileBytes);
  } catch (error) {
    return ingestor.reject(rest.source, error as SulcusError, undefined, options);
  }
  return ingestor.ingestImage({ ...rest, bytes }, options);
}

/**
 * @throws FILE_UNREADABLE with the reason in plain words, IMAGE_TOO_LARGE before a byte is read
 */
export async function readImageFile(file: string, maxFileBytes: number): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new SulcusError('FILE_UNREADABLE', 'It is a folder');
    if (!stats.isFile()) throw new SulcusError('FILE_UNREADABLE', 'It is no regular file');
    if (stats.size > maxFileBytes) {
      throw new SulcusError(
        'IMAGE_TOO_LARGE',
        `The file has ${stats.size} bytes, the limit is ${maxFileBytes}; it is not kept`,
        { details: { bytes: stats.size, maxFileBytes } },
      );
    }
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

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file, or it is a link to nothing',
  EACCES: 'Reading it is not permitted',
  EPERM: 'Reading it is not permitted',
  EISDIR: 'It is a folder',
  ELOOP: 'Its links lead in a circle',
  EIO: 'The disk reports an error',
};
