import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { SulcusError } from '#libs/errors';
import type { DicomLimits } from '../data-set/limits.js';
import type { Element } from '../data-set/data-set.js';
import { tagOf } from '../data-set/dictionary.js';
import { parseDicom, type DicomFile } from '../data-set/parse-file.js';
import { shortsElement, textElement, writeDicom } from '../data-set/write-file.js';
import type { StoredFrame } from '../pixels/decode-frame.js';
import { hasSeriesWindow, readFrame, type RenderedFrame } from '../pixels/render.js';
import { readPixelModule, type PixelModule } from '../pixels/pixel-module.js';
import { storedBytes } from '../pixels/stored-bytes.js';
import { EXPLICIT_LITTLE_ENDIAN, transferSyntax } from '../transfer-syntaxes.js';

/** A frame as it is stored, and the attributes to put it under. */
export interface FrameToExamine {
  /** A bare data set in Explicit VR Little Endian, without pixel data. */
  header: Uint8Array;
  encoded: Uint8Array;
  photometric: PixelModule['photometric'];
  /** Colours one plane after the other, where `encoded` is native. */
  isPlanar: boolean;
  /** Transfer syntax that compresses it; undefined: native pixels, little-endian. */
  compressedBy: string | undefined;
}

/** A frame decoded for the model, and written anew. */
export interface ExaminedFrame extends Omit<RenderedFrame, 'window'> {
  windowLow: number | undefined;
  windowHigh: number | undefined;
  /** Measured values, ascending, and how often each occurs; empty where windows do not follow values. */
  values: Float64Array;
  counts: Float64Array;
  /**
   * A file of PS3.10, Explicit VR Little Endian: the header, the stored values and nothing else. Compressed images
   * carry comments and markers of their own, and the bits above the stored ones overlays: none is written again.
   */
  file: Uint8Array;
  /** Of the file, lower-case hexadecimal. */
  sha256: string;
  /** Of the stored values: tells pictures apart, not forgeries. */
  pictureCrc32: number;
}

/** Told of the hash of a file that was written anew, as soon as it is known: what it returns is waited for. */
export type OnWritten = (sha256: string) => Promise<void>;

/**
 * Decodes a frame for the model and writes it anew.
 *
 * @throws IMAGE_*; what `onWritten` throws
 */
export async function examineFrame(
  given: FrameToExamine,
  limits: Partial<DicomLimits> = {},
  onWritten?: OnWritten,
): Promise<ExaminedFrame> {
  try {
    return await examine(given, limits, onWritten);
  } catch (error) {
    if (error instanceof SulcusError) throw error;
    // Whatever decoding stumbles over, it will again.
    throw new SulcusError('IMAGE_UNDECODABLE', `Decoding failed: ${String(error)}`, { cause: error });
  }
}

async function examine(
  given: FrameToExamine,
  limits: Partial<DicomLimits>,
  onWritten: OnWritten | undefined,
): Promise<ExaminedFrame> {
  const object = objectOf(given, limits);
  const pixels = readPixelModule(object.dataSet, limits);
  const frame = await readFrame(object, 0, limits);
  const isByValues = hasSeriesWindow(object.dataSet.text('Modality'));
  const stored = storedBytes(frame.stored, pixels, frame.usedBits());
  const file = writtenAnew(object, frame.stored.photometric, stored, pixels.samplesPerPixel === 3);
  const sha256 = createHash('sha256').update(file).digest('hex');
  await onWritten?.(sha256);
  const { window, ...image } = frame.render({ purpose: 'model' });
  return {
    ...image,
    windowLow: window?.low,
    windowHigh: window?.high,
    ...(isByValues ? frame.histogram().counted : { values: new Float64Array(), counts: new Float64Array() }),
    file,
    sha256,
    pictureCrc32: crc32(stored),
  };
}

function objectOf(
  { header, encoded, photometric, isPlanar, compressedBy }: FrameToExamine,
  limits: Partial<DicomLimits>,
): DicomFile {
  const object = parseDicom(header, limits, EXPLICIT_LITTLE_ENDIAN);
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length);
  const tag = tagOf('PixelData');
  const pixels: Element =
    compressedBy === undefined
      ? { tag, vr: 'OW', bytes }
      : { tag, vr: 'OB', bytes: Buffer.alloc(0), fragments: [Buffer.alloc(0), bytes] };
  set(object, pixels);
  set(object, textElement('PhotometricInterpretation', photometric));
  if (isPlanar) set(object, shortsElement('PlanarConfiguration', [1]));
  return { ...object, syntax: transferSyntax(compressedBy ?? EXPLICIT_LITTLE_ENDIAN)! };
}

function writtenAnew(
  object: DicomFile,
  photometric: StoredFrame['photometric'],
  stored: Uint8Array,
  isColour: boolean,
): Uint8Array {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.length);
  set(object, { tag: tagOf('PixelData'), vr: 'OW', bytes });
  set(object, textElement('PhotometricInterpretation', photometric));
  if (isColour) set(object, shortsElement('PlanarConfiguration', [0]));
  return writeDicom(object.dataSet);
}

const set = ({ dataSet }: DicomFile, element: Element): void => void dataSet.elements.set(element.tag, element);
