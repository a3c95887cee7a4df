import { readFile } from 'node:fs/promises';
import { mapInOrder } from '#libs/async';
import type { PredictorClient } from '#libs/client';
import type { PredictRequestInput, PredictResponse } from '#libs/contracts';
import { SulcusError } from '#libs/errors';

/** What became of one file. */
export type FilePrediction = { file: string; response: PredictResponse } | { file: string; error: SulcusError };

export interface PredictFilesOptions {
  client: Pick<PredictorClient, 'request'>;
  /** Files asked about at the same time; no more of them are held in memory. */
  concurrency: number;
  /** Time one answer may take. */
  timeoutMs: number;
  signal: AbortSignal;
  /** What every request says beside its image. */
  request?: Omit<PredictRequestInput, 'image' | 'name'> | undefined;
}

/**
 * Asks about files and gives the answers in the order of the files. A file that cannot be read or predicted is an
 * answer too and does not end the iteration.
 *
 * @throws CANCELLED by `signal`; SERVICE_UNAVAILABLE when nobody answers any more
 */
export function predictFiles(
  files: readonly string[],
  options: PredictFilesOptions,
): AsyncGenerator<FilePrediction, void, undefined> {
  return mapInOrder(files, options.concurrency, (file) => predictFile(file, options));
}

async function predictFile(
  file: string,
  { client, timeoutMs, signal, request }: PredictFilesOptions,
): Promise<FilePrediction> {
  try {
    const image = await readFile(file);
    return { file, response: await client.request({ ...request, name: file, image }, { timeoutMs, signal }) };
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    if (signal.aborted || error.code === 'SERVICE_UNAVAILABLE') throw error;
    return { file, error };
  }
}
