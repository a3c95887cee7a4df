import type { RasterImage, Size } from '../../image.js';
import { CodedBlocks } from './coded-blocks.js';
import { codedData, type CodedData } from './coded-data.js';
import { readFrame, type Frame } from './frame.js';
import { flatLevel, inverseDctHalved } from './inverse-dct.js';

/** A decoded picture, and the size that its file has. */
export interface HalvedJpeg {
  readonly image: RasterImage;
  readonly original: Size;
}

/** Length of a block's side, of 8 pixels in the file. */
const BLOCK_PIXELS = 4;

/**
 * Decodes an ordinary JPEG of a grey picture at half its size, each pixel the mean of 2 x 2, odd sides rounded up:
 * sequential, in one scan, of one component or of three whose chroma is zero everywhere, as nearly all scans are. The
 * pixels are those of libjpeg's scaled decoding to the bit. Zero chroma takes two codes per block here, where general
 * decoders make pixels of it, mix them with luma, and leave it to the caller to find them grey.
 *
 * @returns undefined for every other file, damaged ones among them, which are for a general decoder to judge
 */
export function decodeHalvedJpeg(jpeg: Buffer): HalvedJpeg | undefined {
  const frame = readFrame(jpeg);
  const coded = frame && codedData(jpeg, frame.dataFrom);
  if (!coded) return undefined;
  const { width, height } = frame;
  const layout = arrange(frame);
  const levels = decodeScan(frame, coded, layout);
  if (!levels) return undefined;
  const size: Size = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  return { image: { ...size, channels: 1, data: trim(levels, layout.rowBytes, size) }, original: { width, height } };
}

/** Where the blocks of luma lie in memory. */
interface Layout {
  /** Minimum coded units, across and down. */
  readonly across: number;
  readonly down: number;
  readonly rowBytes: number;
}

function arrange({ width, height, luma }: Frame): Layout {
  const across = Math.ceil(width / (8 * luma.across));
  return { across, down: Math.ceil(height / (8 * luma.down)), rowBytes: across * luma.across * BLOCK_PIXELS };
}

/** Levels of luma, whole units of them; undefined at the first colour or disorder. */
function decodeScan(frame: Frame, { bytes, starts, ends }: CodedData, layout: Layout): Uint8Array | undefined {
  const { luma, restartInterval } = frame;
  const { across, down, rowBytes } = layout;
  const unitsPerPart = restartInterval || across * down;
  if (starts.length !== Math.ceil((across * down) / unitsPerPart)) return undefined;
  const levels = new Uint8Array(rowBytes * down * luma.down * BLOCK_PIXELS);
  const blocks = new CodedBlocks(bytes);
  const coefficients = new Int32Array(64);
  for (let part = 0, unit = 0; part < starts.length; part++) {
    blocks.restart(starts[part]!);
    for (const end = Math.min(unit + unitsPerPart, across * down); unit < end; unit++) {
      const corner =
        Math.floor(unit / across) * luma.down * BLOCK_PIXELS * rowBytes + (unit % across) * luma.across * BLOCK_PIXELS;
      if (
        !readLuma(blocks, frame, layout, coefficients, levels, corner) ||
        !chromaIsNeutral(blocks, frame) ||
        blocks.unusedBits(ends[part]!) < 0
      )
        return undefined;
    }
    // The rest of the last byte is filling; a byte more or less than the blocks need is damage.
    if (blocks.unusedBits(ends[part]!) >= 8) return undefined;
  }
  return levels;
}

function readLuma(
  blocks: CodedBlocks,
  { luma }: Frame,
  { rowBytes }: Layout,
  coefficients: Int32Array,
  levels: Uint8Array,
  corner: number,
): boolean {
  for (let y = 0; y < luma.down; y++) {
    for (let x = 0; x < luma.across; x++) {
      const last = blocks.read(luma, coefficients);
      if (last < 0) return false;
      const at = corner + (y * rowBytes + x) * BLOCK_PIXELS;
      if (last === 0) {
        fillBlock(levels, at, rowBytes, flatLevel(coefficients[0]!));
      } else {
        inverseDctHalved(coefficients, levels, at, rowBytes);
        coefficients.fill(0);
      }
    }
  }
  return true;
}

/** Loops, not `fill`: that costs more than it does for so few pixels. */
function fillBlock(levels: Uint8Array, at: number, rowBytes: number, level: number): void {
  for (let y = 0, row = at; y < BLOCK_PIXELS; y++, row += rowBytes) {
    for (let x = 0; x < BLOCK_PIXELS; x++) levels[row + x] = level;
  }
}

function chromaIsNeutral(blocks: CodedBlocks, { chroma }: Frame): boolean {
  for (const component of chroma) {
    for (let left = component.across * component.down; left > 0; left--)
      if (!blocks.readNeutral(component)) return false;
  }
  return true;
}

/** The top left corner of an image of whole units. */
function trim(levels: Uint8Array, rowBytes: number, { width, height }: Size): Uint8Array {
  if (rowBytes === width) return levels.subarray(0, width * height);
  const trimmed = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) trimmed.set(levels.subarray(y * rowBytes, y * rowBytes + width), y * width);
  return trimmed;
}
