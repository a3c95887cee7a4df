import { constants, gunzipSync } from 'node:zlib';
import { SulcusError } from '#libs/errors';

/** A volume in memory. */
export interface NiftiVolume {
  /** Voxels along i, j and k. */
  size: readonly [number, number, number];
  /**
   * Three rows of an affine map from voxel numbers to millimetres: to the patient's right is less x, to her back less
   * y, to her feet less z (RAS+).
   */
  affine: readonly (readonly number[])[];
  /** What is stored, at `i + width * (j + height * k)`. */
  valueAt: (index: number) => number;
  /** Whole numbers of so many bits; undefined: anything else. */
  whole: { bits: 8 | 16; isSigned: boolean } | undefined;
  /** Measured is slope times stored, plus intercept. */
  slope: number;
  intercept: number;
}

export interface NiftiLimits {
  /** Of the file, and of what it unpacks to. */
  maxBytes: number;
  /** Of one slice, along any axis. */
  maxPixels: number;
}

type Read = (view: DataView, at: number, isLittle: boolean) => number;
interface VoxelType {
  bytes: number;
  read: Read;
  whole?: { bits: 8 | 16; isSigned: boolean };
}

/** By `datatype`. Complex numbers, colours and 64-bit or 128-bit ones are not read. */
const TYPES: Readonly<Record<number, VoxelType>> = {
  2: { bytes: 1, read: (view, at) => view.getUint8(at), whole: { bits: 8, isSigned: false } },
  4: { bytes: 2, read: (view, at, little) => view.getInt16(at, little), whole: { bits: 16, isSigned: true } },
  8: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  16: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  64: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  256: { bytes: 1, read: (view, at) => view.getInt8(at) },
  512: { bytes: 2, read: (view, at, little) => view.getUint16(at, little), whole: { bits: 16, isSigned: false } },
  768: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
};

const [HEADER_1, HEADER_2] = [348, 540];
/** Packed, a header is in these, behind a gzip header with the name of its file. */
const HEAD_BYTES = 4096;
const MAX_SIDE = 32_767;

/** Whether bytes are a NIfTI-1 or NIfTI-2 file in one piece, packed by gzip or not. */
export function isNifti(bytes: Uint8Array): boolean {
  const buffer = asBuffer(bytes);
  if (!isPacked(buffer)) return versionOf(buffer) !== undefined;
  try {
    // The beginning alone: what it is is not worth unpacking all of it, and so much becomes four MiB at most.
    const head = gunzipSync(buffer.subarray(0, HEAD_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
    return versionOf(head) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Reads a volume (https://nifti.nimh.nih.gov).
 *
 * @throws IMAGE_TRUNCATED, IMAGE_UNDECODABLE, IMAGE_UNSUPPORTED (several volumes, kinds of number that are not read),
 *   IMAGE_TOO_LARGE
 */
export function parseNifti(bytes: Uint8Array, limits: NiftiLimits): NiftiVolume {
  const buffer = unpacked(asBuffer(bytes), limits.maxBytes);
  const found = versionOf(buffer);
  if (!found) throw new SulcusError('IMAGE_UNDECODABLE', 'The file is no NIfTI volume in one piece');
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const header = found.version === 1 ? readHeader1(view, found.isLittle) : readHeader2(view, found.isLittle);
  const size = sizeOf(header.dim, limits.maxPixels);
  const type = TYPES[header.datatype];
  if (!type)
    throw new SulcusError(
      'IMAGE_UNSUPPORTED',
      `Voxels of NIfTI type ${header.datatype} are not read: save whole numbers`,
    );
  const voxels = size[0] * size[1] * size[2];
  if (!(header.offset >= 0) || header.offset + voxels * type.bytes > buffer.length)
    throw new SulcusError('IMAGE_TRUNCATED', `The NIfTI file ends before its ${voxels} voxels`);
  const isScaled = Number.isFinite(header.slope) && header.slope !== 0 && Number.isFinite(header.intercept);
  return {
    size,
    affine: affineOf(header),
    valueAt: (index) => type.read(view, header.offset + index * type.bytes, found.isLittle),
    whole: type.whole,
    slope: isScaled ? header.slope : 1,
    intercept: isScaled ? header.intercept : 0,
  };
}

interface Header {
  dim: readonly number[];
  datatype: number;
  /** The first is the sign of the third axis of the quaternion form; then millimetres along each axis. */
  pixdim: readonly number[];
  offset: number;
  slope: number;
  intercept: number;
  qformCode: number;
  sformCode: number;
  /** b, c, d of the quaternion, then its offsets. */
  quaternion: readonly number[];
  sform: readonly (readonly number[])[];
}

const numbers = (count: number, read: (index: number) => number): number[] =>
  Array.from({ length: count }, (_, at) => read(at));

function readHeader1(view: DataView, isLittle: boolean): Header {
  const float = (at: number): number => view.getFloat32(at, isLittle);
  return {
    dim: numbers(8, (at) => view.getInt16(40 + 2 * at, isLittle)),
    datatype: view.getInt16(70, isLittle),
    pixdim: numbers(8, (at) => float(76 + 4 * at)),
    ...{ offset: float(108), slope: float(112), intercept: float(116) },
    ...{ qformCode: view.getInt16(252, isLittle), sformCode: view.getInt16(254, isLittle) },
    quaternion: numbers(6, (at) => float(256 + 4 * at)),
    sform: numbers(3, (row) => row).map((row) => numbers(4, (at) => float(280 + 16 * row + 4 * at))),
  };
}

function readHeader2(view: DataView, isLittle: boolean): Header {
  const float = (at: number): number => view.getFloat64(at, isLittle);
  const whole = (at: number): number => Number(view.getBigInt64(at, isLittle));
  return {
    dim: numbers(8, (at) => whole(16 + 8 * at)),
    datatype: view.getInt16(12, isLittle),
    pixdim: numbers(8, (at) => float(104 + 8 * at)),
    ...{ offset: whole(168), slope: float(176), intercept: float(184) },
    ...{ qformCode: view.getInt32(344, isLittle), sformCode: view.getInt32(348, isLittle) },
    quaternion: numbers(6, (at) => float(352 + 8 * at)),
    sform: numbers(3, (row) => row).map((row) => numbers(4, (at) => float(400 + 32 * row + 8 * at))),
  };
}

/** Volumes of one time and one kind; trailing sides of 1 mean nothing. */
function sizeOf(dim: readonly number[], maxPixels: number): [number, number, number] {
  const count = dim[0]!;
  const sides = dim.slice(1, 1 + count);
  if (!(count >= 2 && count <= 7) || sides.some((side) => !(side >= 1 && side <= MAX_SIDE)))
    throw new SulcusError('IMAGE_UNDECODABLE', 'The NIfTI header has no size that a volume can have');
  const [width, height, depth = 1, ...others] = sides as [number, number, ...number[]];
  if (others.some((side) => side > 1))
    throw new SulcusError('IMAGE_UNSUPPORTED', 'The NIfTI file holds several volumes: save one in each file');
  const [smallest = 1] = [width, height, depth].sort((left, right) => left - right);
  if ((width * height * depth) / smallest > maxPixels)
    throw new SulcusError(
      'IMAGE_TOO_LARGE',
      `A slice of ${width} x ${height} x ${depth} has more than ${maxPixels} pixels`,
    );
  return [width, height, depth];
}

/** The affine form where there is one, else the quaternion, else the axes as they are ("method 3, 2, 1"). */
function affineOf({ sformCode, qformCode, sform, quaternion, pixdim }: Header): number[][] {
  if (sformCode > 0) return sform.map((row) => [...row]);
  const [, dx = 1, dy = 1, dz = 1] = pixdim.map((value, at) => (at === 0 ? value : Math.abs(value) || 1));
  if (qformCode <= 0)
    return [
      [dx, 0, 0, 0],
      [0, dy, 0, 0],
      [0, 0, dz, 0],
    ];
  const [b = 0, c = 0, d = 0, x = 0, y = 0, z = 0] = quaternion;
  const a = Math.sqrt(Math.max(0, 1 - (b * b + c * c + d * d)));
  const k = pixdim[0]! < 0 ? -dz : dz;
  return [
    [(a * a + b * b - c * c - d * d) * dx, 2 * (b * c - a * d) * dy, 2 * (b * d + a * c) * k, x],
    [2 * (b * c + a * d) * dx, (a * a + c * c - b * b - d * d) * dy, 2 * (c * d - a * b) * k, y],
    [2 * (b * d - a * c) * dx, 2 * (c * d + a * b) * dy, (a * a + d * d - c * c - b * b) * k, z],
  ];
}

function versionOf(buffer: Buffer): { version: 1 | 2; isLittle: boolean } | undefined {
  const isAt = (at: number, magic: string): boolean => buffer.toString('latin1', at, at + magic.length) === magic;
  for (const isLittle of [true, false]) {
    const size = buffer.length < 4 ? 0 : isLittle ? buffer.readInt32LE(0) : buffer.readInt32BE(0);
    if (size === HEADER_1 && buffer.length >= HEADER_1 && isAt(344, 'n+1\0')) return { version: 1, isLittle };
    if (size === HEADER_2 && buffer.length >= HEADER_2 && isAt(4, 'n+2\0')) return { version: 2, isLittle };
  }
  return undefined;
}

const isPacked = (buffer: Buffer): boolean => buffer.length > 18 && buffer.readUInt16BE(0) === 0x1f8b;

function unpacked(buffer: Buffer, maxBytes: number): Buffer {
  if (!isPacked(buffer)) return buffer;
  try {
    return gunzipSync(buffer, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new SulcusError('IMAGE_TOO_LARGE', `The volume has more than ${maxBytes} bytes`, { cause: error });
    throw new SulcusError('IMAGE_TRUNCATED', `The gzip file is damaged: ${(error as Error).message}`, { cause: error });
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
