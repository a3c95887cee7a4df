/** Markers of a JPEG (ISO/IEC 10918-1, table B.1): the second byte, after 0xff. */
export const Marker = {
  startOfFrame0: 0xc0,
  startOfFrame1: 0xc1,
  startOfFrame2: 0xc2,
  huffmanTables: 0xc4,
  restart0: 0xd0,
  endOfImage: 0xd9,
  startOfScan: 0xda,
  quantisationTables: 0xdb,
  restartInterval: 0xdd,
  app0: 0xe0,
  app1: 0xe1,
  app14: 0xee,
  app15: 0xef,
  comment: 0xfe,
} as const;

/** One marker segment; its content is `bytes[from..to)`. */
export interface Segment {
  readonly marker: number;
  readonly from: number;
  readonly to: number;
}

/** The marker segments of a JPEG up to its first scan, that one included; ends early at what is no segment. */
export function* headerSegments(bytes: Buffer): Generator<Segment> {
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1]!;
    const to = at + 2 + bytes.readUInt16BE(at + 2);
    if (bytes[at] !== 0xff || marker < Marker.startOfFrame0 || marker === 0xff || to < at + 4 || to > bytes.length)
      return;
    yield { marker, from: at + 4, to };
    if (marker === Marker.startOfScan) return;
    at = to;
  }
}
