import { promisify } from 'node:util';
import { inflateRaw, inflateRawSync, type InputType, type ZlibOptions } from 'node:zlib';
import { SulcusError } from '#libs/errors';
import {
  transferSyntax,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
  type TransferSyntax,
} from '../transfer-syntaxes.js';
import type { DataSet } from './data-set.js';
import { DICOM_LIMITS, type DicomLimits } from './limits.js';
import { DataSetParser, isVr, type Encoding, type Steps } from './parse-data-set.js';
import { syntaxOfPixels } from './pixel-syntax.js';
import { atOnce, inTurns } from './steps.js';

/** A DICOM object in memory. Values are views of the file. */
export interface DicomFile {
  syntax: TransferSyntax;
  dataSet: DataSet;
  /** The header names another encoding than the data set or its pixels are in, which is what was read. */
  isMislabelled: boolean;
}

const PREAMBLE_BYTES = 128;

/** Whether bytes begin as a DICOM file does, with or without its preamble. File names do not count. */
export function isDicom(bytes: Uint8Array): boolean {
  const buffer = asBuffer(bytes);
  return hasPreamble(buffer) || looksLikeDataSet(buffer);
}

/**
 * Reads a file of PS3.10, one without a preamble, or a bare data set as it travels in a C-STORE.
 *
 * @param syntaxUid of a bare data set; undefined: it is found out
 * @throws IMAGE_EMPTY, IMAGE_TOO_LARGE (a limit), IMAGE_TRUNCATED, IMAGE_UNDECODABLE, IMAGE_UNSUPPORTED (a transfer
 *   syntax that is not read)
 */
export function parseDicom(bytes: Uint8Array, limits: Partial<DicomLimits> = {}, syntaxUid?: string): DicomFile {
  const begun = atOnce(begin(bytes, limits, syntaxUid));
  return atOnce(readBody(begun.isDeflated ? { ...begun, body: inflateHere(begun), at: 0 } : begun));
}

/**
 * As {@link parseDicom}, without keeping others of the calling thread waiting: what is deflated is inflated beside it,
 * which takes a second for 300 MB, and a header of hundreds of thousands of attributes is read in turns with them.
 *
 * @param beforeLong waited for before an object is read on of which some thousand attributes have been read. Default:
 *   until no other such is being read
 * @throws as {@link parseDicom}; what `beforeLong` throws
 */
export async function readDicom(
  bytes: Uint8Array,
  limits: Partial<DicomLimits> = {},
  syntaxUid?: string,
  beforeLong?: () => Promise<void>,
): Promise<DicomFile> {
  const begun = await inTurns(begin(bytes, limits, syntaxUid), beforeLong);
  if (!begun.isDeflated) return await inTurns(readBody(begun), beforeLong);
  const { maxBytes } = begun.bounds;
  const body = await inflateBeside(begun.body.subarray(begun.at), { maxOutputLength: maxBytes }).catch(
    (error: unknown) => {
      throw notInflated(error, maxBytes);
    },
  );
  return await inTurns(readBody({ ...begun, body, at: 0 }), beforeLong);
}

/** A file up to where its data set begins. */
interface BegunFile {
  body: Buffer;
  at: number;
  isDeflated: boolean;
  named: TransferSyntax | undefined;
  bounds: DicomLimits;
}

function* begin(bytes: Uint8Array, limits: Partial<DicomLimits>, syntaxUid: string | undefined): Steps<BegunFile> {
  const bounds = { ...DICOM_LIMITS, ...limits };
  const buffer = asBuffer(bytes);
  if (buffer.length === 0) throw new SulcusError('IMAGE_EMPTY', 'The DICOM object has zero bytes');
  if (buffer.length > bounds.maxBytes) throw tooLarge(buffer.length, bounds.maxBytes);
  const start = hasPreamble(buffer) ? PREAMBLE_BYTES + 4 : 0;
  const { from, uid } = syntaxUid === undefined ? yield* readMeta(buffer, start, bounds) : { from: 0, uid: syntaxUid };
  const named = uid === undefined ? undefined : knownSyntax(uid);
  return { body: buffer, at: from, isDeflated: named?.isDeflated ?? false, named, bounds };
}

function* readBody({ body, at, named, bounds }: BegunFile): Steps<DicomFile> {
  const found = encodingAt(body, at, named);
  const said = named && !found ? named : syntaxFor(found ?? { isExplicit: true }, named);
  const encoding = found ?? { isExplicit: said.isExplicit, isBigEndian: said.isBigEndian };
  const dataSet = yield* new DataSetParser(body, at, encoding, bounds).read();
  const syntax = syntaxOfPixels(dataSet, said);
  return { syntax, dataSet, isMislabelled: named !== undefined && (found !== undefined || syntax !== said) };
}

/** File meta information is in Explicit VR Little Endian, whatever follows (PS3.10 section 7.1); old files differ. */
function* readMeta(
  buffer: Buffer,
  start: number,
  limits: DicomLimits,
): Steps<{ from: number; uid: string | undefined }> {
  if (buffer.length < start + 8 || buffer.readUInt16LE(start) !== 2) return { from: start, uid: undefined };
  const isExplicit = isVr(buffer.toString('latin1', start + 4, start + 6));
  const parser = new DataSetParser(buffer, start, { isExplicit }, limits);
  const meta = yield* parser.read((tag) => tag >>> 16 === 2);
  return { from: parser.offset, uid: meta.text('TransferSyntaxUID') || undefined };
}

function knownSyntax(uid: string): TransferSyntax {
  const syntax = transferSyntax(uid);
  if (syntax) return syntax;
  // What is no UID may be anything, a name included.
  const name = /^[\d.]{1,64}$/.test(uid) ? ` ${uid}` : '';
  throw new SulcusError('IMAGE_UNSUPPORTED', `The transfer syntax${name} is not read: send it uncompressed`);
}

/**
 * How a data set is really encoded, where that differs from what is said or nothing is said. Some systems write another
 * syntax into the header than they use.
 */
function encodingAt(body: Buffer, at: number, named: TransferSyntax | undefined): Encoding | undefined {
  if (body.length < at + 8) return undefined;
  const isExplicit = isVr(body.toString('latin1', at + 4, at + 6));
  const group = body.readUInt16LE(at);
  // The first group of a data set is 0008, seldom another below 0x100; swapped it is a multiple of 0x100.
  const isBigEndian = group !== 0 && (group & 0xff) === 0;
  const found = { isExplicit, isBigEndian };
  if (!named) return found;
  return named.isExplicit === isExplicit && (named.isBigEndian ?? false) === isBigEndian ? undefined : found;
}

function syntaxFor({ isExplicit, isBigEndian }: Encoding, named: TransferSyntax | undefined): TransferSyntax {
  if (named?.compression && isExplicit && !isBigEndian) return named;
  // Compressed pixels in Implicit VR: the compression is still what was said.
  if (named?.compression) return { ...named, isExplicit, isBigEndian };
  if (isBigEndian) return transferSyntax('1.2.840.10008.1.2.2')!;
  return transferSyntax(isExplicit ? EXPLICIT_LITTLE_ENDIAN : IMPLICIT_LITTLE_ENDIAN)!;
}

const inflateBeside = promisify<InputType, ZlibOptions, Buffer>(inflateRaw);

function inflateHere({ body, at, bounds: { maxBytes } }: BegunFile): Buffer {
  try {
    return inflateRawSync(body.subarray(at), { maxOutputLength: maxBytes });
  } catch (error) {
    throw notInflated(error, maxBytes);
  }
}

function notInflated(error: unknown, maxBytes: number): SulcusError {
  if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(undefined, maxBytes, error);
  return new SulcusError('IMAGE_TRUNCATED', `The deflated DICOM object is damaged: ${(error as Error).message}`, {
    cause: error,
  });
}

const tooLarge = (bytes: number | undefined, maxBytes: number, cause?: unknown): SulcusError =>
  new SulcusError(
    'IMAGE_TOO_LARGE',
    `The DICOM object has ${bytes === undefined ? 'more' : `${bytes}`} bytes, the limit is ${maxBytes}`,
    { cause, details: { maxBytes } },
  );

const hasPreamble = (buffer: Buffer): boolean =>
  buffer.length >= PREAMBLE_BYTES + 4 && buffer.toString('latin1', PREAMBLE_BYTES, PREAMBLE_BYTES + 4) === 'DICM';

/**
 * Files without preamble begin with file meta information, or with group 0008 in one of the encodings: its first
 * attribute is one of the first two hundred and is short.
 */
function looksLikeDataSet(buffer: Buffer): boolean {
  if (buffer.length < 16) return false;
  const [group, element] = [buffer.readUInt16LE(0), buffer.readUInt16LE(2)];
  const isExplicit = isVr(buffer.toString('latin1', 4, 6));
  if (group === 2) return isExplicit && element <= 0x16;
  if (group === 0x0800) return isExplicit && buffer.readUInt16BE(2) <= 0x18;
  if (group !== 8 || element > 0x18) return false;
  return isExplicit || buffer.readUInt32LE(4) <= 64;
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
