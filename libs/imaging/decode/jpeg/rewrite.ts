import { Marker, type Segment } from './segments.js';
import type { JpegSurvey } from './survey.js';

const START = Buffer.from([0xff, 0xd8]);
const END = Buffer.from([0xff, 0xd9]);
/** Of JFIF: name, major and minor version. */
const JFIF = 'JFIF\0';

/** Whether a decoder warns of something that changes no pixel. */
export const hasHarmlessOddities = (bytes: Buffer, { hasExtraneous, segments }: JpegSurvey): boolean =>
  hasExtraneous || segments.some((segment) => isOddJfif(bytes, segment));

/**
 * The same picture without what decoders warn of although it changes no pixel: bytes between segments, and a JFIF
 * version that is unknown. Coded data are the same bytes.
 */
export function withoutOddities(bytes: Buffer, survey: JpegSurvey): Buffer {
  return assemble(
    survey,
    (segment) => {
      const content = Buffer.from(bytes.subarray(segment.from, segment.to));
      if (isOddJfif(bytes, segment)) content.set([1, 1], JFIF.length);
      return content;
    },
    bytes,
  );
}

/** Puts segments and coded data together again; a segment for which `content` gives undefined is left out. */
export function assemble(
  { segments, coded }: Pick<JpegSurvey, 'segments' | 'coded'>,
  content: (segment: Segment) => Buffer | undefined,
  bytes: Buffer,
): Buffer {
  const parts: Buffer[] = [START];
  let scan = 0;
  for (const segment of segments) {
    const kept = content(segment);
    if (kept) {
      const head = Buffer.from([0xff, segment.marker, 0, 0]);
      head.writeUInt16BE(kept.length + 2, 2);
      parts.push(head, kept);
    }
    if (segment.marker !== Marker.startOfScan) continue;
    const { from, to } = coded[scan++]!;
    parts.push(bytes.subarray(from, to));
  }
  parts.push(END);
  return Buffer.concat(parts);
}

function isOddJfif(bytes: Buffer, { marker, from, to }: Segment): boolean {
  if (marker !== Marker.app0 || to - from < 14 || bytes.toString('latin1', from, from + 5) !== JFIF) return false;
  return bytes[from + JFIF.length] !== 1;
}
