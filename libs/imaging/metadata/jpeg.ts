import { assemble } from '../decode/jpeg/rewrite.js';
import { Marker, type Segment } from '../decode/jpeg/segments.js';
import { surveyJpeg } from '../decode/jpeg/survey.js';
import { withoutProfileTexts } from './profile.js';
import { keptExif } from './orientation.js';

const APP2 = 0xe2;
const CODING: readonly number[] = [
  ...[Marker.huffmanTables, Marker.quantisationTables, Marker.restartInterval, Marker.startOfScan],
  0xcc, // arithmetic conditioning
  0xdc, // number of lines
];
const isCoding = (marker: number): boolean => CODING.includes(marker) || (marker >= 0xc0 && marker <= 0xcf);

const JFIF_BYTES = 14;
const ADOBE_BYTES = 12;
const PROFILE = 'ICC_PROFILE\0';
/** Of its name, and the number of its part among how many. */
const PROFILE_HEAD_BYTES = PROFILE.length + 2;
const CMYK_COMPONENTS = 4;

/**
 * Keeps what decides the pixels: tables, frames, scans, that it is JFIF (without its thumbnail), Adobe's word on
 * colours, the orientation, and a CMYK file's profile without its texts.
 */
export function withoutJpegMetadata(bytes: Buffer): Buffer {
  const survey = surveyJpeg(bytes);
  if (!survey.isEnded) return bytes;
  const startsWith = ({ from }: Segment, name: string): boolean =>
    bytes.toString('latin1', from, from + name.length) === name;
  const profiles = survey.segments.filter((segment) => segment.marker === APP2 && startsWith(segment, PROFILE));
  const isCmyk = survey.sampling.length === CMYK_COMPONENTS;
  const cleanProfiles = isCmyk ? cleanedProfiles(bytes, profiles) : undefined;
  let changed = survey.hasExtraneous || survey.end < bytes.length;
  const kept = (segment: Segment): Buffer | undefined => {
    const content = bytes.subarray(segment.from, segment.to);
    if (isCoding(segment.marker)) return content;
    if (segment.marker === Marker.app0 && startsWith(segment, 'JFIF\0') && content.length >= JFIF_BYTES)
      return content.length === JFIF_BYTES ? content : withoutThumbnail(content);
    if (segment.marker === Marker.app1 && startsWith(segment, 'Exif')) return keptExif(content, { prefixed: true });
    if (segment.marker === Marker.app14 && startsWith(segment, 'Adobe')) return content.subarray(0, ADOBE_BYTES);
    return cleanProfiles?.get(segment);
  };
  const contents = new Map(survey.segments.map((segment) => [segment, kept(segment)]));
  for (const [{ from, to }, content] of contents) changed ||= !content?.equals(bytes.subarray(from, to));
  return changed ? assemble(survey, (segment) => contents.get(segment), bytes) : bytes;
}

function withoutThumbnail(jfif: Buffer): Buffer {
  const head = Buffer.from(jfif.subarray(0, JFIF_BYTES));
  head.fill(0, JFIF_BYTES - 2);
  return head;
}

/** A profile may be in several parts. */
function cleanedProfiles(bytes: Buffer, parts: readonly Segment[]): Map<Segment, Buffer> {
  const whole = Buffer.concat(parts.map(({ from, to }) => bytes.subarray(from + PROFILE_HEAD_BYTES, to)));
  const clean = withoutProfileTexts(whole);
  const cleaned = new Map<Segment, Buffer>();
  let at = 0;
  for (const part of parts) {
    const { from, to } = part;
    const size = Math.max(0, to - from - PROFILE_HEAD_BYTES);
    cleaned.set(part, Buffer.concat([bytes.subarray(from, from + PROFILE_HEAD_BYTES), clean.subarray(at, at + size)]));
    at += size;
  }
  return cleaned;
}
