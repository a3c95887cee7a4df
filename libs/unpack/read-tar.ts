import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Parser, type ReadEntry } from 'tar';
import type { Admission, EntryHeader } from './admission.js';

const KINDS: Readonly<Record<string, EntryHeader['kind']>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
  GNUDumpDir: 'folder',
  SymbolicLink: 'link',
  Link: 'link',
};

/**
 * Unpacks a tar file, compressed by gzip or not, as it is read.
 *
 * @param maxRatio unpacked bytes for each packed one, at most
 * @throws INVALID_ARGUMENT; what tar finds wrong with the file
 */
export async function readTar(
  file: string,
  admission: Admission,
  { maxRatio, onEntry }: { maxRatio: number; onEntry: () => void },
): Promise<void> {
  const failed = new AbortController();
  const writes: Promise<void>[] = [];
  let beingWritten: ReadEntry | undefined;
  const fail = (error: unknown): void => {
    failed.abort(error);
    beingWritten?.destroy(error);
  };
  const take = async (entry: ReadEntry): Promise<void> => {
    entry.on('error', () => undefined); // whoever reads it is told
    const { path: name, type, size } = entry;
    const target = await admission.admit({ name, kind: KINDS[type] ?? 'other', bytes: size });
    if (target === undefined) entry.resume();
    else {
      beingWritten = entry;
      await writeFile(target, contentOf(entry, failed.signal), { flag: 'wx' });
      if (beingWritten === entry) beingWritten = undefined;
    }
    onEntry();
  };
  // Strict: a file that is cut short or damaged is an error, not a warning.
  const parser = new Parser({ strict: true, maxDecompressionRatio: maxRatio });
  parser.on('error', fail);
  parser.on('entry', (entry: ReadEntry) => {
    writes.push(take(entry).catch(fail));
  });
  const ended = once(parser, 'end', { signal: failed.signal });
  ended.catch(() => undefined);
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      failed.signal.throwIfAborted();
      if (!parser.write(chunk)) await once(parser, 'drain', { signal: failed.signal });
    }
    parser.end();
    await ended;
  } catch (error) {
    fail(error);
  }
  await Promise.all(writes);
  failed.signal.throwIfAborted();
}

/** An entry that was destroyed before it was read would never end. */
async function* contentOf(entry: ReadEntry, failed: AbortSignal): AsyncGenerator<Buffer> {
  failed.throwIfAborted();
  yield* entry;
}
