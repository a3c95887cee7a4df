import { crc32 } from 'node:zlib';
import type { SpoolEntry } from './entry.js';

/** Records begin where blocks of the disk do: none is written that holds something else, too. */
export const BLOCK_BYTES = 4096;

/** What stands before a payload. */
export const RECORD_HEADER_BYTES = 128;

/** Of a record's header: what is changed when the sample leaves, and is in no checksum. */
export const STATE_AT = 124;
export const GONE = 0;
const WAITING = 1;

const MAGIC = 0x52_4c_55_53; // SULR
const CHECKED = { from: 8, until: 88 } as const;

/** What a record says of its payload. */
export interface RecordFields extends Omit<SpoolEntry, 'sizeBytes'> {
  /** Of the use of its segment: what lay there before has another one. */
  readonly epoch: bigint;
  /** Grows with each record of the log. */
  readonly ordinal: number;
  /** All records up to this one were synced when it was written; -1: none. */
  readonly syncedThrough: number;
  readonly payloadBytes: number;
  readonly payloadCrc32: number;
}

/** Bytes that a record takes of its segment. */
export const recordBytes = (payloadBytes: number): number =>
  Math.ceil((RECORD_HEADER_BYTES + payloadBytes) / BLOCK_BYTES) * BLOCK_BYTES;

/** The header of a record, the payload as it is, and what fills its last block. */
export function writeRecord(fields: RecordFields, payload: Buffer): Buffer[] {
  const header = Buffer.alloc(RECORD_HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeBigUInt64LE(fields.epoch, 8);
  header.writeUIntLE(fields.sequence, 16, 6);
  header.writeUIntLE(fields.storedUnixMs, 24, 6);
  header.write(fields.sampleId, 32, 'hex');
  header.write(fields.labelTag, 64, 'hex');
  header.writeUInt32LE(fields.payloadBytes, 68);
  header.writeUInt32LE(fields.payloadCrc32, 72);
  header.writeUIntLE(fields.ordinal, 76, 6);
  header.writeUIntLE(fields.syncedThrough + 1, 82, 6);
  header.writeUInt32LE(checksumOf(header), 4);
  header[STATE_AT] = WAITING;
  const filling = recordBytes(payload.length) - RECORD_HEADER_BYTES - payload.length;
  return [header, payload, ...(filling > 0 ? [Buffer.alloc(filling)] : [])];
}

/**
 * Reads the header of a record.
 *
 * @returns undefined for what is none, is not whole, or is of another use of the segment
 */
export function readRecord(header: Buffer, epoch: bigint): (RecordFields & { isGone: boolean }) | undefined {
  if (header.length < RECORD_HEADER_BYTES || header.readUInt32LE(0) !== MAGIC) return undefined;
  if (header.readUInt32LE(4) !== checksumOf(header) || header.readBigUInt64LE(8) !== epoch) return undefined;
  return {
    epoch,
    sequence: header.readUIntLE(16, 6),
    storedUnixMs: header.readUIntLE(24, 6),
    sampleId: header.toString('hex', 32, 64),
    labelTag: header.toString('hex', 64, 68),
    payloadBytes: header.readUInt32LE(68),
    payloadCrc32: header.readUInt32LE(72),
    ordinal: header.readUIntLE(76, 6),
    syncedThrough: header.readUIntLE(82, 6) - 1,
    isGone: header[STATE_AT] === GONE,
  };
}

const checksumOf = (header: Buffer): number => crc32(header.subarray(CHECKED.from, CHECKED.until));
