import { SulcusError } from '#libs/errors';
import type { DicomFile } from '../data-set/parse-file.js';
import { beginsImage } from '../data-set/pixel-syntax.js';
import type { PixelModule } from './pixel-module.js';

/** Bytes of one frame as they stand in the file. */
export type EncodedFrame = Buffer;

/**
 * The bytes of each frame.
 *
 * Fragments of encapsulated pixels go to frames by their number where that is plain, else by the offset table, else by
 * the marks with which a compressed image begins.
 *
 * @throws IMAGE_TRUNCATED for fewer pixels than the header announces, IMAGE_UNDECODABLE for more frames than that, and
 *   for fragments that are not so many frames, or of which nothing says how they are compressed
 */
export function framesOf({ dataSet, syntax }: DicomFile, pixels: PixelModule): EncodedFrame[] {
  const element = dataSet.get('PixelData')!;
  if (element.fragments && !syntax.compression)
    throw new SulcusError(
      'IMAGE_UNDECODABLE',
      'The pixels are encapsulated, and neither the header nor they themselves say how they are compressed',
    );
  if (element.fragments) return encapsulated(element.fragments, pixels.frames);
  if (syntax.compression)
    throw new SulcusError('IMAGE_UNDECODABLE', `The header says ${syntax.name} and the pixels are not encapsulated`);
  const frameBytes = nativeFrameBytes(pixels);
  if (element.bytes.length < frameBytes * pixels.frames)
    throw new SulcusError(
      'IMAGE_TRUNCATED',
      `The pixel data has ${element.bytes.length} bytes, ${pixels.frames} frames take ${frameBytes * pixels.frames}`,
    );
  // Less than a frame may be filling.
  const excess = element.bytes.length - frameBytes * pixels.frames;
  if (excess >= frameBytes && excess > 1)
    throw otherCount(pixels.frames, Math.floor(element.bytes.length / frameBytes));
  return Array.from({ length: pixels.frames }, (_, index) =>
    element.bytes.subarray(index * frameBytes, (index + 1) * frameBytes),
  );
}

export function nativeFrameBytes({ rows, columns, samplesPerPixel, bitsAllocated, photometric }: PixelModule): number {
  // Two pixels share their colours (PS3.3 C.7.6.3.1.2).
  if (photometric === 'YBR_FULL_422') return rows * columns * 2;
  return (rows * columns * samplesPerPixel * bitsAllocated) / 8;
}

function encapsulated([offsets, ...fragments]: readonly Buffer[], frames: number): EncodedFrame[] {
  if (fragments.length === 0) throw new SulcusError('IMAGE_TRUNCATED', 'The pixel data has no fragments');
  if (frames > 1 && fragments.length === frames) return [...fragments];
  const groups = byOffsets(offsets!, fragments, frames) ?? byMarks(fragments);
  if (groups.length !== frames) throw otherCount(frames, groups.length);
  return groups.map(joined);
}

const otherCount = (frames: number, found: number): SulcusError =>
  new SulcusError('IMAGE_UNDECODABLE', `The header announces ${frames} frames, the pixel data holds ${found}`, {
    details: { frames, found },
  });

/** Offsets count from the first fragment's item header; a table may be empty, and some are wrong. */
function byOffsets(table: Buffer, fragments: readonly Buffer[], frames: number): Buffer[][] | undefined {
  if (table.length !== 4 * frames) return undefined;
  const starts = new Set(Array.from({ length: frames }, (_, index) => table.readUInt32LE(4 * index)));
  const groups: Buffer[][] = [];
  let at = 0;
  for (const fragment of fragments) {
    if (starts.has(at)) groups.push([]);
    groups.at(-1)?.push(fragment);
    at += 8 + fragment.length;
  }
  return groups.length === frames ? groups : undefined;
}

/** What begins no image belongs to the one before it. */
function byMarks(fragments: readonly Buffer[]): Buffer[][] {
  const groups: Buffer[][] = [];
  for (const fragment of fragments) {
    if (beginsImage(fragment) || groups.length === 0) groups.push([]);
    groups.at(-1)!.push(fragment);
  }
  return groups;
}

const joined = (parts: readonly Buffer[]): Buffer => (parts.length === 1 ? parts[0]! : Buffer.concat(parts));
