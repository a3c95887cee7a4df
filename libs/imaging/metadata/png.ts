import { crc32 } from 'node:zlib';
import { keptExif } from './orientation.js';

const SIGNATURE_BYTES = 8;
/** Ancillary chunks of numbers alone, with their lengths where these are fixed (PNG, third edition, 11.3). */
const NUMBERS: Readonly<Record<string, number | undefined>> = {
  tRNS: undefined,
  sBIT: undefined,
  bKGD: undefined,
  hIST: undefined,
  gAMA: 4,
  cHRM: 32,
  sRGB: 1,
  pHYs: 9,
};

const isCritical = (type: string): boolean => type.charCodeAt(0) < 0x60;

/** Keeps pixels, palette and chunks of numbers, and the orientation; texts, times, profiles and all else go. */
export function withoutPngMetadata(bytes: Buffer): Buffer {
  const parts: Buffer[] = [bytes.subarray(0, SIGNATURE_BYTES)];
  let changed = false;
  for (let at = SIGNATURE_BYTES; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const end = at + 12 + length;
    if (end > bytes.length) return bytes;
    const type = bytes.toString('latin1', at + 4, at + 8);
    const chunk = bytes.subarray(at, end);
    const kept = type === 'eXIf' ? orientationChunk(chunk) : isKept(type, length) ? chunk : undefined;
    changed ||= kept !== chunk;
    if (kept) parts.push(kept);
    if (type === 'IEND') return changed || end < bytes.length ? Buffer.concat(parts) : bytes;
    at = end;
  }
  return bytes;
}

function isKept(type: string, length: number): boolean {
  if (isCritical(type)) return true;
  return Object.hasOwn(NUMBERS, type) && (NUMBERS[type] ?? length) === length;
}

/** The chunk itself when it says an orientation and nothing else. */
function orientationChunk(chunk: Buffer): Buffer | undefined {
  const kept = keptExif(chunk.subarray(8, -4), { prefixed: false });
  if (!kept) return undefined;
  if (kept.equals(chunk.subarray(8, -4))) return chunk;
  const typed = Buffer.concat([Buffer.from('eXIf', 'latin1'), kept]);
  const made = Buffer.alloc(typed.length + 8);
  made.writeUInt32BE(kept.length, 0);
  typed.copy(made, 4);
  made.writeUInt32BE(crc32(typed), typed.length + 4);
  return made;
}
