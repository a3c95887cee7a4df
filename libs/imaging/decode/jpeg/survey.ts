import { longestZeros } from '../longest-zeros.js';
import { Marker, type Segment } from './segments.js';

/** What a JPEG says of itself from its first marker to its last, without decoding anything. */
export interface JpegSurvey {
  /** SOF marker: 0xc0 to 0xcf; undefined when no frame header came before the first scan. */
  readonly frame: number | undefined;
  readonly precision: number;
  readonly width: number;
  readonly height: number;
  /** Sampling factors of the components, across and down. */
  readonly sampling: readonly (readonly [across: number, down: number])[];
  /** Scans begun. */
  readonly scans: number;
  /** It defines its number of lines after its first scan (DNL). */
  readonly definesLinesLate: boolean;
  /** It ends with the marker for that. */
  readonly isEnded: boolean;
  /** Behind that marker. */
  readonly end: number;
  /** Zero bytes in a row in coded data, the most there are. */
  readonly zeros: number;
  /** Segments with content, those between and behind scans included, as libjpeg meets them. */
  readonly segments: readonly Segment[];
  /** Where each scan's coded data lies. */
  readonly coded: readonly { readonly from: number; readonly to: number }[];
  /** Bytes between segments before the first scan that are no part of any: a decoder skips and reports them. */
  readonly hasExtraneous: boolean;
}

const MARKER_END = 0xff;
const LINES = 0xdc;
const TEMPORARY = 0x01;

/** RSTn, SOI and TEM stand alone: libjpeg reads no length behind them, wherever they are. */
const standsAlone = (marker: number): boolean => marker === TEMPORARY || (marker >= 0xd0 && marker <= 0xd8);

const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== Marker.huffmanTables && marker !== 0xc8 && marker !== 0xcc;

/**
 * Walks the markers as libjpeg does (`next_marker` and `read_markers` of jdmarker.c): bytes that are no marker are
 * skipped, `ff` may be repeated, some markers have no length. Reading a length where libjpeg reads none would show
 * another frame header than the one that is decoded.
 */
export function surveyJpeg(bytes: Buffer): JpegSurvey {
  const walk = new Walk(bytes);
  walk.run();
  return walk;
}

class Walk implements JpegSurvey {
  frame: number | undefined;
  precision = 0;
  width = 0;
  height = 0;
  sampling: [number, number][] = [];
  scans = 0;
  definesLinesLate = false;
  isEnded = false;
  end = 0;
  zeros = 0;
  segments: Segment[] = [];
  coded: { from: number; to: number }[] = [];
  hasExtraneous = false;

  constructor(private readonly bytes: Buffer) {}

  run(): void {
    const { bytes } = this;
    for (let at = 2; ; ) {
      const found = this.#next(at);
      if (!found) return;
      const { marker, from } = found;
      if (found.skipped && this.scans === 0) this.hasExtraneous = true;
      if (marker === Marker.endOfImage) {
        this.isEnded = true;
        this.end = from;
        return;
      }
      if (standsAlone(marker)) {
        if (this.scans === 0) this.hasExtraneous = true;
        at = from;
        continue;
      }
      if (from + 2 > bytes.length) return;
      const to = from + bytes.readUInt16BE(from);
      if (to < from + 2 || to > bytes.length) return;
      this.segments.push({ marker, from: from + 2, to });
      if (isFrame(marker)) this.#readFrame(marker, from + 2, to);
      if (marker === LINES) this.definesLinesLate = true;
      at = marker === Marker.startOfScan ? this.#scan(to) : to;
    }
  }

  /** The next marker at or behind a place; `from` is behind its two bytes. */
  #next(at: number): { marker: number; from: number; skipped: boolean } | undefined {
    const { bytes } = this;
    for (let place = at; ; ) {
      const mark = bytes.indexOf(MARKER_END, place);
      if (mark < 0) return undefined;
      let second = mark + 1;
      while (bytes[second] === MARKER_END) second++;
      if (second >= bytes.length) return undefined;
      if (bytes[second] !== 0) return { marker: bytes[second]!, from: second + 1, skipped: mark > at };
      place = second + 1;
    }
  }

  #readFrame(marker: number, from: number, to: number): void {
    // libjpeg takes the first one; a second is an error there.
    if (this.frame !== undefined || to - from < 6) return;
    this.frame = marker;
    this.precision = this.bytes[from]!;
    this.height = this.bytes.readUInt16BE(from + 1);
    this.width = this.bytes.readUInt16BE(from + 3);
    for (let at = from + 6; at + 3 <= to && this.sampling.length < this.bytes[from + 5]!; at += 3)
      this.sampling.push([this.bytes[at + 1]! >> 4, this.bytes[at + 1]! & 15]);
  }

  /** Skips coded data: to the next marker that is neither stuffing nor a restart. */
  #scan(from: number): number {
    const { bytes } = this;
    this.scans++;
    for (let place = from; ; ) {
      const mark = bytes.indexOf(MARKER_END, place);
      const second = mark < 0 ? bytes.length : mark + 1;
      const marker = bytes[second];
      if (marker === 0 || marker === MARKER_END || (marker !== undefined && marker >= 0xd0 && marker <= 0xd7)) {
        place = marker === MARKER_END ? second : second + 1;
        continue;
      }
      const to = mark < 0 ? bytes.length : mark;
      this.coded.push({ from, to });
      this.zeros = Math.max(this.zeros, longestZeros(bytes, from, to));
      return to;
    }
  }
}
