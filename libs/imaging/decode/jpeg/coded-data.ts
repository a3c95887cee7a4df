import { Marker } from './segments.js';

/** Bytes without stuffing, in parts between restart markers: `bytes[starts[i]..ends[i])`. */
export interface CodedData {
  readonly bytes: Uint8Array;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Zeros after each part: a reader may look ahead. */
const PADDING_BYTES = 8;

/** Memory for the bytes of one file after the other, as long as they are of usual size. */
let kept = new Uint8Array(1 << 16);
const MOST_KEPT_BYTES = 1 << 22;

/**
 * Takes the coded data of a scan out of a JPEG. What it returns is valid until the next call.
 *
 * @param from where the data begins
 * @returns undefined when the scan does not end with the end of the image: it is not the only one, or damaged
 */
export function codedData(jpeg: Buffer, from: number): CodedData | undefined {
  const bytes = memory(jpeg.length - from);
  const starts: number[] = [0];
  const ends: number[] = [];
  for (let at = from, to = 0; ; ) {
    const mark = jpeg.indexOf(0xff, at);
    if (mark < 0 || mark + 1 >= jpeg.length) return undefined;
    bytes.set(jpeg.subarray(at, mark), to);
    to += mark - at;
    at = mark + 2;
    const marker = jpeg[mark + 1]!;
    if (marker === 0) {
      bytes[to++] = 0xff;
      continue;
    }
    ends.push(to);
    bytes.fill(0, to, to + PADDING_BYTES);
    if (marker === Marker.endOfImage) return { bytes, starts, ends };
    if (marker !== Marker.restart0 + ((ends.length - 1) & 7)) return undefined;
    to += PADDING_BYTES;
    starts.push(to);
  }
}

/** Room for a scan; restart markers take two bytes of it and leave padding. */
function memory(scanBytes: number): Uint8Array {
  const needed = scanBytes * (PADDING_BYTES / 2) + PADDING_BYTES;
  if (needed > MOST_KEPT_BYTES) return new Uint8Array(needed);
  if (kept.length < needed) kept = new Uint8Array(needed);
  return kept;
}
