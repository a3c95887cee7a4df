import { createHash } from 'node:crypto';
import { mapInOrder } from '#libs/async';
import { followScanHashes } from '#libs/bus';
import { splitName, type Split } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { decodeImage, perceptualHash, withoutMetadata } from '#libs/imaging';
import { readImageFile, type ImportConfig } from '#services/ingest';
import { connectCommand } from '../../shared/connect-command.js';
import { listImages, type LabelledFile } from '../evaluate/answer-images.js';

/** A picture of a set: its name for people, the SHA-256 of its file without metadata, what it looks like. */
export interface Picture {
  readonly name: string;
  readonly sampleId: string;
  readonly hash: Uint8Array;
}

/** A file that is no picture, with the cause. */
export interface Refused {
  readonly name: string;
  readonly error: SulcusError;
}

export interface ReadOptions {
  readonly natsUrl: string;
  readonly limits: Pick<ImportConfig, 'maxFileBytes' | 'maxPixels'>;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** Files decoded at a time. */
const CONCURRENCY = 8;

const SPLITS: readonly Split[] = ['SPLIT_TRAIN', 'SPLIT_VALIDATION', 'SPLIT_GATE', 'SPLIT_TEST'];

/** What a set on the broker is called: `scans`, or one of its splits, such as `scans:train`. */
const ON_BROKER = /^scans(?::(\w+))?$/;

/**
 * The pictures of a folder, manifest, packed data set, or of the stream SCANS.
 *
 * @throws INVALID_ARGUMENT for a set without images or a split that there is not; FILE_UNREADABLE; BUS_UNAVAILABLE
 */
export async function* readPictures(source: string, options: ReadOptions): AsyncGenerator<Picture | Refused> {
  const onBroker = ON_BROKER.exec(source);
  if (onBroker) {
    yield* picturesOnBroker(onBroker[1], options);
    return;
  }
  const files = await listImages(source);
  let done = 0;
  for await (const read of mapInOrder(files, CONCURRENCY, (file) => readPicture(file, options))) {
    options.signal.throwIfAborted();
    options.onProgress(++done, files.length);
    yield read;
  }
}

async function readPicture({ file, source: name }: LabelledFile, { limits }: ReadOptions): Promise<Picture | Refused> {
  const { maxFileBytes, maxPixels } = limits;
  try {
    const bytes = await readImageFile(file, maxFileBytes);
    const sampleId = createHash('sha256').update(withoutMetadata(bytes)).digest('hex');
    return { name, sampleId, hash: perceptualHash(await decodeImage(bytes, { maxPixels, maxBytes: maxFileBytes })) };
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    if (error.retryable) throw error;
    return { name, error };
  }
}

async function* picturesOnBroker(
  wanted: string | undefined,
  { natsUrl, signal }: ReadOptions,
): AsyncGenerator<Picture> {
  const split = SPLITS.find((each) => splitName(each) === wanted);
  if (wanted !== undefined && split === undefined)
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `There is no split "${wanted}": scans:${SPLITS.map(splitName).join(', scans:')}`,
    );
  await using bus = await connectCommand(natsUrl, 'duplicates');
  for await (const scan of followScanHashes(bus, { signal, storedOnly: true }))
    if (split === undefined || scan.split === split)
      yield { name: `${splitName(scan.split)} ${scan.sampleId}`, sampleId: scan.sampleId, hash: scan.hash };
}
