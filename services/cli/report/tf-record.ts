import { crc32c } from './crc32c.js';

const MASK_DELTA = 0xa282ead8;

/**
 * Frames bytes as one TFRecord: length (uint64), masked CRC-32C of the length, the bytes, masked CRC-32C of the bytes,
 * all little-endian (tensorflow/core/lib/io/record_writer.h).
 */
export function tfRecord(content: Uint8Array): Buffer {
  const record = Buffer.alloc(12 + content.length + 4);
  record.writeBigUInt64LE(BigInt(content.length), 0);
  record.writeUInt32LE(masked(crc32c(record.subarray(0, 8))), 8);
  record.set(content, 12);
  record.writeUInt32LE(masked(crc32c(content)), 12 + content.length);
  return record;
}

/** A CRC of bytes that hold their own CRC is a constant: records store it rotated and shifted. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
