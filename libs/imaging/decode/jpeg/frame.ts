import { buildHuffmanTable, type HuffmanTable } from './huffman.js';
import { headerSegments, Marker, type Segment } from './segments.js';

/** Place of each coefficient in a block, row by row, in the order in which they are stored. */
export const ZIGZAG = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
]);
const BLOCK_COEFFICIENTS = 64;
/** A difference of first coefficients needs no more bits when samples have 8. */
const MOST_DC_BITS = 11;

/** One component of a frame, with the tables its blocks are coded with. */
export interface Component {
  /** Blocks in a minimum coded unit, across and down. */
  readonly across: number;
  readonly down: number;
  /** Step of each coefficient, row by row. */
  readonly steps: Int32Array;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
}

/** A sequential frame of 8 bits whose only scan holds all of its components: luma, or luma and two of chroma. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly luma: Component;
  readonly chroma: readonly Component[];
  /** Minimum coded units between restart markers; 0 for none. */
  readonly restartInterval: number;
  /** Where the coded data of the scan begins. */
  readonly dataFrom: number;
}

/**
 * Reads everything before the coded data of a JPEG.
 *
 * @returns undefined for frames of another kind, images that may have to be turned (EXIF), colours that are not stored
 *   as luma and chroma, and whatever is out of order
 */
export function readFrame(bytes: Buffer): Frame | undefined {
  const steps = new Map<number, Int32Array>();
  const codes = new Map<number, HuffmanTable>();
  let frame: Segment | undefined;
  let restartInterval = 0;
  for (const segment of headerSegments(bytes)) {
    const { marker, from, to } = segment;
    const content = bytes.subarray(from, to);
    if (!isExpected(marker) || isForeign(marker, content)) return undefined;
    if (marker === Marker.quantisationTables && !readSteps(content, steps)) return undefined;
    if (marker === Marker.huffmanTables && !readCodes(content, codes)) return undefined;
    if (marker === Marker.restartInterval) {
      if (content.length !== 2) return undefined;
      restartInterval = content.readUInt16BE(0);
    }
    if (marker === Marker.startOfFrame0 || marker === Marker.startOfFrame1) {
      // A second frame header could promise another size than the one that was checked.
      if (frame) return undefined;
      frame = segment;
    }
    if (marker === Marker.startOfScan && frame)
      return assemble(bytes.subarray(frame.from, frame.to), content, { steps, codes, restartInterval, dataFrom: to });
  }
  return undefined;
}

const EXPECTED: readonly number[] = [
  Marker.startOfFrame0,
  Marker.startOfFrame1,
  Marker.huffmanTables,
  Marker.quantisationTables,
  Marker.restartInterval,
  Marker.startOfScan,
  Marker.comment,
];
const isExpected = (marker: number): boolean =>
  EXPECTED.includes(marker) || (marker >= Marker.app0 && marker <= Marker.app15);

/** Application data that changes what the pixels are, or that nobody should have written. */
function isForeign(marker: number, content: Buffer): boolean {
  const startsWith = (name: string): boolean => content.toString('latin1', 0, name.length) === name;
  if (marker === Marker.app0) return startsWith('JFIF\0') && content[5] !== 1;
  if (marker === Marker.app1) return startsWith('Exif');
  return marker === Marker.app14 && startsWith('Adobe') && content[11] !== 1;
}

function readSteps(content: Buffer, steps: Map<number, Int32Array>): boolean {
  for (let at = 0; at < content.length; at += 1 + BLOCK_COEFFICIENTS) {
    // Only tables of 8-bit steps, whose identifiers are 0 to 3.
    if (content[at]! > 3 || at + 1 + BLOCK_COEFFICIENTS > content.length) return false;
    const table = new Int32Array(BLOCK_COEFFICIENTS);
    for (let k = 0; k < BLOCK_COEFFICIENTS; k++) table[ZIGZAG[k]!] = content[at + 1 + k]!;
    steps.set(content[at]!, table);
  }
  return true;
}

/** Of codes: four for first coefficients, four for the others. */
const FIRST_AC = 0x10;
const IDENTIFIERS = [0, 1, 2, 3, FIRST_AC, FIRST_AC + 1, FIRST_AC + 2, FIRST_AC + 3];

function readCodes(content: Buffer, codes: Map<number, HuffmanTable>): boolean {
  for (let at = 0; at < content.length; ) {
    const counts = content.subarray(at + 1, at + 17);
    const end = at + 17 + counts.reduce((sum, count) => sum + count, 0);
    const symbols = Uint8Array.from(content.subarray(at + 17, end));
    const identifier = content[at]!;
    const isInOrder =
      counts.length === 16 &&
      end <= content.length &&
      IDENTIFIERS.includes(identifier) &&
      (identifier >= FIRST_AC || symbols.every((size) => size <= MOST_DC_BITS));
    const table = isInOrder ? buildHuffmanTable(counts, symbols) : undefined;
    if (!table) return false;
    codes.set(identifier, table);
    at = end;
  }
  return true;
}

interface Tables {
  steps: Map<number, Int32Array>;
  codes: Map<number, HuffmanTable>;
  restartInterval: number;
  dataFrom: number;
}

/** Component identifiers 1, 2, 3 mean luma and chroma; others, such as R, G, B, may mean anything. */
const YCBCR = [1, 2, 3];
/** First and last coefficient and the bit planes of a scan that holds blocks whole. */
const WHOLE_BLOCKS = [0, 63, 0];

function assemble(frame: Buffer, scan: Buffer, { steps, codes, restartInterval, dataFrom }: Tables): Frame | undefined {
  const count = frame[5];
  if (
    frame[0] !== 8 ||
    frame.length !== 6 + 3 * count! ||
    scan.length !== 4 + 2 * count! ||
    scan[0] !== count ||
    (count !== 1 && count !== 3)
  )
    return undefined;
  if (WHOLE_BLOCKS.some((value, index) => scan[scan.length - 3 + index] !== value)) return undefined;
  const components: Component[] = [];
  for (let index = 0; index < count; index++) {
    const [id, sampling, table] = frame.subarray(6 + 3 * index, 9 + 3 * index);
    const [scanId, coding] = scan.subarray(1 + 2 * index, 3 + 2 * index);
    const component = {
      across: count === 1 ? 1 : sampling! >> 4,
      down: count === 1 ? 1 : sampling! & 15,
      steps: steps.get(table!),
      dc: codes.get(coding! >> 4),
      ac: codes.get(FIRST_AC | (coding! & 15)),
    };
    if (scanId !== id || (count === 3 && id !== YCBCR[index]) || !isComplete(component)) return undefined;
    components.push(component);
  }
  const [luma, ...chroma] = components;
  if (chroma.some(({ across, down }) => across > luma!.across || down > luma!.down)) return undefined;
  return {
    width: frame.readUInt16BE(3),
    height: frame.readUInt16BE(1),
    luma: luma!,
    chroma,
    restartInterval,
    dataFrom,
  };
}

const isComplete = (component: { [Key in keyof Component]: Component[Key] | undefined }): component is Component =>
  component.across! >= 1 &&
  component.across! <= 4 &&
  component.down! >= 1 &&
  component.down! <= 4 &&
  component.steps !== undefined &&
  component.dc !== undefined &&
  component.ac !== undefined;
