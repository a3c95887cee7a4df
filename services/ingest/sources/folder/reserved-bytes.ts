import { open } from 'node:fs/promises';
import { constants, type Stats } from 'node:fs';
import path from 'node:path';
import { longestZeros } from '#libs/imaging';

/** Unit in which files are reserved before they are written. */
const BLOCK_BYTES = 4096;
const READ_BYTES = 64 * BLOCK_BYTES;
/** Their pixels may be stored as they are, so that no decoder knows a hole from a black area. */
const MAY_BE_UNCOMPRESSED = ['.tif', '.tiff'];

/**
 * Whether a file looks as one whose full size is reserved and that is still being written: its last block is all
 * zeros, or, of a format whose decoders would not notice, as many zeros lie anywhere in it.
 *
 * @param maxBytes a larger file is refused anyway, and not looked into
 */
export async function looksReserved(file: string, stats: Stats, maxBytes: number): Promise<boolean> {
  if (!stats.isFile() || stats.size < 2 * BLOCK_BYTES || stats.size > maxBytes) return false;
  const isSearchedWhole = MAY_BE_UNCOMPRESSED.includes(path.extname(file).toLowerCase());
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const from = isSearchedWhole ? 0 : stats.size - BLOCK_BYTES;
    const bytes = Buffer.alloc(Math.min(READ_BYTES, stats.size - from));
    // One read begins a block before the end of the other: a run over that end lies whole in one of them.
    for (let at = from; at + BLOCK_BYTES <= stats.size; at += READ_BYTES - BLOCK_BYTES) {
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, at);
      if (longestZeros(bytes, 0, bytesRead) >= BLOCK_BYTES) return true;
    }
    return false;
  } catch {
    return false;
  }
}
