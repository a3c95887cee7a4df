import { createHash } from 'node:crypto';
import type { SulcusError } from '#libs/errors';
import type { Ingestor } from '../../pipeline/ingestor.js';
import type { IngestOptions } from '../../pipeline/sample-sink.js';
import type { ImageInput, IngestOutcome } from '../../pipeline/outcome.js';
import { readImageFile } from './read-image-file.js';

/** A file that is to be taken in, with what is known about it from outside. */
export interface FileItem extends Omit<ImageInput, 'bytes'> {
  /** Path to open. */
  file: string;
  /** Real path of the folder that it must lie in, wherever links lead; absent: anywhere. */
  within?: string;
}

/** What became of a file, with the name that it has at the site. */
export type FileOutcome = IngestOutcome & { readonly file: string };

/** Reads one file and takes it in. A file that cannot be read is rejected, by name and cause. */
export async function ingestFile(
  ingestor: Ingestor,
  { file, within, ...rest }: FileItem,
  maxFileBytes: number,
  options: IngestOptions = {},
): Promise<FileOutcome> {
  let bytes: Buffer;
  try {
    bytes = await readImageFile(file, maxFileBytes, within);
  } catch (error) {
    const outcome = await ingestor.reject(safeSource(rest.source), error as SulcusError, undefined, options);
    return { ...outcome, file: rest.source };
  }
  return { ...(await ingestor.ingestImage({ ...rest, bytes }, options)), file: rest.source };
}

/** What names itself DICOM may be named after a patient, and could not be read to tell. */
const safeSource = (source: string): string =>
  /\.(dcm|dicom|ima)$/i.test(source)
    ? `dicom/${createHash('sha256').update(source).digest('hex').slice(0, 16)}`
    : source;
