import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExplanationRequestInput, PredictRequestInput, PredictResponse } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Methods } from '#libs/rpc';
import { inOrder, type Started } from '../batching/in-order.js';

/** What became of one file. */
export type FilePrediction = { file: string; response: PredictResponse } | { file: string; error: SulcusError };

/** Pauses between attempts while the predictor is full; it may be full of our own requests. */
const FULL_PAUSES_MS = [100, 200, 400, 800, 1600];

export interface PredictFilesOptions {
  client: Pick<Methods<'Predictor'>, 'predict'>;
  /** Files asked about at the same time. */
  concurrency: number;
  /** Time one answer may take. */
  timeoutMs: number;
  /** Picture to ask for with each answer. */
  explain?: ExplanationRequestInput | undefined;
  signal: AbortSignal;
}

/**
 * Asks about files and gives the answers in the order of the files. A file that cannot be read or predicted is an answer
 * too and does not end the iteration.
 *
 * @throws CANCELLED by `signal`; SERVICE_UNAVAILABLE when nobody answers any more
 */
export function predictFiles(files: readonly string[], options: PredictFilesOptions): AsyncGenerator<FilePrediction, void, undefined> {
  return inOrder(begin(files, options), options.concurrency);
}

async function* begin(files: readonly string[], options: PredictFilesOptions): AsyncGenerator<Started<FilePrediction>> {
  for (const file of files) yield { answer: predictFile(file, options) };
}

async function predictFile(file: string, options: PredictFilesOptions): Promise<FilePrediction> {
  try {
    const image = await readFile(file);
    return { file, response: await ask({ name: file, image, explain: options.explain ?? null }, options) };
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    if (options.signal.aborted || error.code === 'SERVICE_UNAVAILABLE') throw error;
    return { file, error };
  }
}

async function ask(request: PredictRequestInput, { client, timeoutMs, signal }: PredictFilesOptions): Promise<PredictResponse> {
  for (const pauseMs of FULL_PAUSES_MS) {
    try {
      return await client.predict(request, { timeoutMs, signal });
    } catch (error) {
      if (SulcusError.from(error).code !== 'BACKPRESSURE') throw error;
      await sleep(pauseMs, undefined, { signal });
    }
  }
  return await client.predict(request, { timeoutMs, signal });
}
