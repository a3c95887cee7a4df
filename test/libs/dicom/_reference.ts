import { readFileSync } from 'node:fs';
import { parseDicom, type DicomFile } from '#libs/dicom';

/** What pydicom and DCMTK make of the files beside it: see scripts/fixtures/dicom_reference.py. */
export interface Reference {
  syntaxes: Record<string, { uid: string; pixels: string }>;
  display: Record<string, { by: 'dcm2pnm' | 'pydicom'; pixels: string }>;
  colour: Record<string, string>;
  frames: Record<string, string>;
}

const folder = new URL('../../fixtures/dicom/', import.meta.url);

export const reference = JSON.parse(readFileSync(new URL('reference.json', folder), 'utf8')) as Reference;

export const fixtureBytes = (name: string): Buffer => readFileSync(new URL(`${name}.dcm`, folder));

export const fixture = (name: string): DicomFile => parseDicom(fixtureBytes(name));

export const base64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

/** Little-endian 16-bit numbers. */
export const base64Shorts = (text: string): Int16Array => new Int16Array(base64(text).buffer);

export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let at = 0; at < actual.length; at++) largest = Math.max(largest, Math.abs(actual[at]! - expected[at]!));
  return largest;
}
