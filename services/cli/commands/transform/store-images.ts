import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mapInOrder } from '#libs/async';
import { SulcusError } from '#libs/errors';
import {
  compileTransform,
  decodeImage,
  encodeImage,
  type ImageFormat,
  type TransformOp,
  type TransformSpec,
} from '#libs/imaging';
import { readImageFile, refuseMislabelled, type ImportConfig } from '#services/ingest';
import type { FileToStore } from './name-files.js';

export interface StoreOptions {
  /** What is done to each image, see `storedTransform`. */
  readonly once: readonly TransformOp[];
  /** The whole transform: how many channels images get. */
  readonly spec: TransformSpec;
  readonly folder: string;
  readonly limits: Pick<ImportConfig, 'maxFileBytes' | 'maxPixels' | 'acceptMislabelled'>;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** What became of a data set's files. A contract: scripts read it. */
export interface StoredImages {
  /** Written now. */
  written: number;
  /** Written by an earlier call, from the same file. */
  kept: number;
  /** Of those written now, images in which a crop to the head found none: they are whole. */
  uncropped: number;
  refused: { file: string; code: string; message: string }[];
}

/** Images decoded and not yet written, at most. */
const CONCURRENCY = 8;
/** Of JPEGs that stay JPEGs. */
const JPEG_QUALITY = 95;

/**
 * Stores images with what can be done to them once done. Each file appears complete or not at all, so that a call that
 * was stopped goes on where it was; a file is made again when its source is newer.
 */
export async function storeImages(files: readonly FileToStore[], options: StoreOptions): Promise<StoredImages> {
  const result: StoredImages = { written: 0, kept: 0, uncropped: 0, refused: [] };
  const transform = compileTransform({ ...options.spec, train: options.once }, 'train');
  let done = 0;
  for await (const outcome of mapInOrder(files, CONCURRENCY, (file) => store(file))) {
    options.signal.throwIfAborted();
    options.onProgress(++done);
    if (outcome === 'kept') result.kept++;
    else if ('message' in outcome) result.refused.push(outcome);
    else {
      result.written++;
      if (outcome.isWhole) result.uncropped++;
    }
  }
  return result;

  async function store({
    file,
    source,
    target,
    problem,
    within,
  }: FileToStore): Promise<'kept' | { isWhole: boolean } | StoredImages['refused'][number]> {
    const { folder, limits } = options;
    try {
      if (problem) throw problem;
      const place = path.join(folder, target);
      if (await isNewer(place, file)) return 'kept';
      const bytes = await readImageFile(file, limits.maxFileBytes, within);
      const image = await decodeImage(bytes, { maxPixels: limits.maxPixels, maxBytes: limits.maxFileBytes });
      if (!limits.acceptMislabelled) refuseMislabelled(source, image.format);
      const { image: prepared, uncropped } = transform.prepare(image);
      const format = formatOfName(target);
      const encoded = await encodeImage(prepared, format, { quality: JPEG_QUALITY });
      await writeWhole(place, encoded);
      return { isWhole: uncropped !== undefined };
    } catch (thrown) {
      const error = SulcusError.from(thrown);
      // A full disk is no fault of the image.
      if (error.code === 'INTERNAL' || error.retryable) throw thrown;
      return { file: source, code: error.code, message: error.message };
    }
  }
}

const formatOfName = (name: string): Extract<ImageFormat, 'jpeg' | 'png'> =>
  path.extname(name).toLowerCase() === '.png' ? 'png' : 'jpeg';

async function isNewer(file: string, source: string): Promise<boolean> {
  const [stored, given] = await Promise.all([file, source].map((each) => stat(each).catch(() => undefined)));
  return stored !== undefined && given !== undefined && stored.mtimeMs >= given.mtimeMs;
}

/** Writes a file beside its place and moves it there: nobody finds half of it. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}.tmp`;
  await writeFile(unfinished, content);
  await rename(unfinished, file);
}

/**
 * Makes sure that a folder is empty or was begun by the same call.
 *
 * @param description what is done, as text that names it: stored in the folder as `transform.json`
 * @throws INVALID_ARGUMENT for a folder with other content
 */
export async function claimFolder(folder: string, description: string): Promise<void> {
  const note = path.join(folder, 'transform.json');
  const before = await readFile(note, 'utf8').catch(() => undefined);
  if (before === description) return;
  if (before !== undefined)
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `${folder} holds images that were stored with another transform or format (${note}): name another folder`,
    );
  const entries = await readdir(folder).catch(() => []);
  if (entries.length > 0)
    throw new SulcusError('INVALID_ARGUMENT', `${folder} is not empty: name a folder that is, or that there is not`);
  await writeWhole(note, description);
}
