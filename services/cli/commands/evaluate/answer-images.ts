import { mapInOrder } from '#libs/async';
import type { Engine } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import { detectFormat, type ImageFormat, type ImageWorkerPool } from '#libs/imaging';
import { InferenceSession } from '#libs/nn';
import {
  cleanLabel,
  listData,
  type ColumnNames,
  readImageFile,
  refuseMislabelled,
  type ImportConfig,
} from '#services/ingest';
import { openData } from '../../shared/open-data.js';
import type { Subject } from './subject.js';

/** An image file with its label. */
export interface LabelledFile {
  file: string;
  /** Path below the folder, or as the manifest has it. */
  source: string;
  /** As it was given; empty: none. */
  label: string;
}

/** Why files were left out, by source: what ingest would say of them. */
export type Refusals = Map<string, SulcusError>;

/** What a model answered to one image. */
export interface Answer {
  label: string;
  /** In the order of the model's classes, each 0-1. */
  probabilities: Float32Array;
}

/** Answers by the identity of the sample: the SHA-256 of its file. */
export type AnswersBySample = Map<string, Answer>;

const BATCH_SIZE = 32;

/** Images read and not yet answered, at most. */
const PREPARED_AT_ONCE = 2 * BATCH_SIZE;

/**
 * The images of a folder in ImageFolder layout, of a CSV manifest, or of either packed, as an import lists them.
 *
 * @throws INVALID_ARGUMENT for a manifest with mistakes, or a folder without images; FILE_UNREADABLE
 */
export async function listImages(data: string, columns?: ColumnNames): Promise<LabelledFile[]> {
  const items = await listData(await openData(data), { columns });
  if (items.length === 0)
    throw new SulcusError('INVALID_ARGUMENT', `There are no images in ${data}: expected one folder per class`);
  return items.map(({ file, source, label = '' }) => ({ file, source, label }));
}

export interface AnswerContext {
  engine: Engine;
  pool: ImageWorkerPool;
  limits: Pick<ImportConfig, 'maxFileBytes' | 'acceptMislabelled'>;
  refusals: Refusals;
  onProgress: (done: number) => void;
  signal: AbortSignal;
}

/**
 * Has a model answer images as a validation does: prepared by its own transform, without random ops. Files that ingest
 * would refuse are left out and named in `refusals`; an image that occurs twice is answered once.
 */
export async function answerImages(
  subject: Subject,
  files: readonly LabelledFile[],
  { engine, pool, limits, refusals, onProgress, signal }: AnswerContext,
): Promise<AnswersBySample> {
  const session = await InferenceSession.create(engine, subject.network, subject.weights);
  const answers: AnswersBySample = new Map();
  const labels = new Map<string, string>();
  let waiting: { sampleId: string; pixels: Uint8Array }[] = [];
  const flush = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    const probabilities = await session.predict(Buffer.concat(batch.map(({ pixels }) => pixels)), batch.length);
    const width = subject.classes.length;
    batch.forEach(({ sampleId }, row) =>
      answers.set(sampleId, {
        label: labels.get(sampleId)!,
        probabilities: probabilities.slice(row * width, (row + 1) * width),
      }),
    );
  };
  try {
    let done = 0;
    for await (const image of mapInOrder(files, PREPARED_AT_ONCE, (file) => prepare(file))) {
      signal.throwIfAborted();
      onProgress(++done);
      if ('error' in image) refusals.set(image.source, image.error);
      else if (!labels.has(image.sampleId)) {
        labels.set(image.sampleId, image.label);
        waiting.push(image);
      } else if (labels.get(image.sampleId) !== image.label) {
        const message = `The same image is there before as "${labels.get(image.sampleId)}"`;
        refusals.set(image.source, new SulcusError('LABEL_CONFLICT', message));
      }
      if (waiting.length === BATCH_SIZE) await flush();
    }
    await flush();
    return answers;
  } finally {
    await session.close();
  }

  async function prepare({
    file,
    source,
    label: given,
  }: LabelledFile): Promise<
    { source: string; error: SulcusError } | { source: string; label: string; sampleId: string; pixels: Uint8Array }
  > {
    try {
      const label = cleanLabel(given);
      if (label === '') throw new SulcusError('INVALID_ARGUMENT', 'It has no label');
      const bytes = await readImageFile(file, limits.maxFileBytes);
      const format = detectFormat(bytes) as ImageFormat;
      const { sampleId, pixels } = await pool.prepareInput(subject.transform, { format: 'encoded', bytes }, { signal });
      if (!limits.acceptMislabelled) refuseMislabelled(source, format);
      return { source, label, sampleId, pixels };
    } catch (thrown) {
      const error = SulcusError.from(thrown);
      if (error.retryable || signal.aborted) throw error;
      return { source, error };
    }
  }
}
