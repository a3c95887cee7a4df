/** What a JPEG's frame header says, before anything is decoded. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 is grey, 3 is colour. */
  readonly components: 1 | 3;
}

const START_OF_SCAN = 0xda;
/** Baseline, extended and progressive frames with Huffman coding. */
const ORDINARY_FRAMES = [0xc0, 0xc1, 0xc2];
const FRAME_HEADER_BYTES = 8;

/**
 * Reads the frame header of an ordinary JPEG: 8 bits, one or three components, a size. It costs microseconds, where
 * opening the file with the decoder costs a tenth of decoding it.
 *
 * @returns undefined for anything else, which is for the decoder to judge
 */
export function readJpegHeader(bytes: Buffer): JpegHeader | undefined {
  for (let at = 2; at + 4 + FRAME_HEADER_BYTES <= bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || marker < 0xc0 || marker === 0xff || marker === START_OF_SCAN) return undefined;
    if (!isFrame(marker)) continue;
    const [precision, height, width, components] = [bytes[at + 4]!, bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7), bytes[at + 9]!];
    const ordinary = ORDINARY_FRAMES.includes(marker) && precision === 8 && height > 0 && width > 0;
    return ordinary && (components === 1 || components === 3) ? { width, height, components } : undefined;
  }
  return undefined;
}

/** SOF0 to SOF15 without the tables and the reserved marker among them. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
