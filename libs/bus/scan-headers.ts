import { Split, type DicomFactsInput } from '#libs/contracts';
import type { Bus } from './bus.js';
import type { FollowOptions } from './consumers/follow.js';
import { HeaderName, type Headers } from './messages/headers.js';
import { siteOfScan, Streams } from './topology.js';

/** What followers of the SCANS stream need to know of a scan without its pixels. */
export interface ScanHeaders {
  /** SHA-256 of the image file, lower-case hexadecimal. */
  sampleId: string;
  split: Split;
  /** Class name given at ingest; empty while it is not known. */
  label: string;
  /** Pseudonym; empty when the scan belongs to no study. */
  studyId: string;
  /** Pseudonym; absent when none is known, or in scans of versions that kept it in the body alone. */
  patientId?: string;
  /** Present when the scan left for the archive without a label and comes back with one: nobody has learned from it. */
  lateLabel?: boolean;
  /** Codes that recipes choose by and slices are ordered by; absent for images that are no DICOM. */
  dicom?: DicomCodes;
  /** Where it lay on SCANS before it left for the archive and came back, oldest first; absent when it never left. */
  earlierSequences?: readonly number[];
}

/** The part of {@link DicomFactsInput} that followers need. Values that the object does not say are ''. */
export interface DicomCodes {
  modality: string;
  plane: string;
  sequence: string;
  bodyPart: string;
  /** Series instance UID, mapped. */
  seriesId: string;
  /** Place along the body, in mm; undefined where the object does not say. */
  positionMm?: number | undefined;
}

/** The headers that a scan is published with. */
export function writeScanHeaders({
  sampleId,
  split,
  label = '',
  studyId = '',
  patientId = '',
  lateLabel = false,
  earlierSequences = [],
  perceptualHash,
  dicom,
}: Pick<ScanHeaders, 'sampleId' | 'split'> &
  Partial<Omit<ScanHeaders, 'dicom'>> & {
    perceptualHash?: Uint8Array | undefined;
    dicom?: DicomFactsInput | null | undefined;
  }): Record<string, string> {
  return {
    [HeaderName.SAMPLE_ID]: sampleId,
    [HeaderName.SPLIT]: split,
    [HeaderName.LABEL]: encodeURIComponent(label),
    ...(studyId === '' ? {} : { [HeaderName.STUDY_ID]: studyId }),
    ...(perceptualHash && { [HeaderName.PERCEPTUAL_HASH]: Buffer.from(perceptualHash).toString('base64') }),
    ...(patientId === '' ? {} : { [HeaderName.PATIENT_ID]: patientId }),
    ...(dicom ? { [HeaderName.DICOM]: writeCodes(dicom) } : {}),
    ...(lateLabel ? { [HeaderName.LATE_LABEL]: 'true' } : {}),
    ...(earlierSequences.length === 0 ? {} : { [HeaderName.EARLIER_SEQUENCES]: earlierSequences.join(',') }),
  };
}

/**
 * Headers that are missing read as empty: whoever follows a stream must get over a message that is not as it should be.
 */
export function readScanHeaders(headers: Headers): ScanHeaders {
  const patientId = headers.get(HeaderName.PATIENT_ID) ?? '';
  const dicom = readCodes(headers.get(HeaderName.DICOM));
  const earlierSequences = readSequences(headers.get(HeaderName.EARLIER_SEQUENCES));
  return {
    sampleId: headers.get(HeaderName.SAMPLE_ID) ?? '',
    split: readSplit(headers.get(HeaderName.SPLIT)),
    label: percentDecoded(headers.get(HeaderName.LABEL) ?? ''),
    studyId: headers.get(HeaderName.STUDY_ID) ?? '',
    ...(patientId === '' ? {} : { patientId }),
    ...(headers.get(HeaderName.LATE_LABEL) === 'true' ? { lateLabel: true } : {}),
    ...(dicom && { dicom }),
    ...(earlierSequences.length === 0 ? {} : { earlierSequences }),
  };
}

function writeCodes(dicom: DicomFactsInput): string {
  const { modality = '', plane = '', sequence = '', bodyPart = '', seriesId = '', positionMm } = dicom;
  const codes = { modality, plane, sequence, bodyPart, seriesId, positionMm };
  return Object.entries(codes)
    .filter(([, value]) => value !== '' && value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join(';');
}

function readCodes(text: string | undefined): DicomCodes | undefined {
  if (text === undefined) return undefined;
  const values = new Map(text.split(';').map((pair) => pair.split('=', 2) as [string, string | undefined]));
  const code = (name: string): string => percentDecoded(values.get(name) ?? '');
  const positionMm = code('positionMm') === '' ? Number.NaN : Number(code('positionMm'));
  return {
    modality: code('modality'),
    plane: code('plane'),
    sequence: code('sequence'),
    bodyPart: code('bodyPart'),
    seriesId: code('seriesId'),
    ...(Number.isFinite(positionMm) ? { positionMm } : {}),
  };
}

/** A scan as it lies in the stream, without its pixels. */
export interface ScanEntry extends ScanHeaders {
  sequence: number;
  /** Site that sent it. */
  site: string;
  /** When the broker stored it. */
  timeUnixMs: number;
  /** Scans still to come at this moment; 0 when everything stored so far has been seen. */
  pending: number;
}

/**
 * The scans of the stream in order, from their headers alone; without end unless `storedOnly`.
 *
 * @throws as {@link Bus.follow}
 */
export async function* followScans(
  bus: Bus,
  options: Pick<FollowOptions<never>, 'signal' | 'storedOnly' | 'startSequence' | 'onUnreadable'>,
): AsyncGenerator<ScanEntry> {
  const followed = bus.follow({ stream: Streams.SCANS, headersOnly: true, ...options });
  for await (const { sequence, subject, timeUnixMs, pending, headers } of followed)
    yield { ...readScanHeaders(headers), sequence, site: siteOfScan(subject), timeUnixMs, pending };
}

/** The scans of the stream that say what they look like, in order. Throws as {@link Bus.follow}. */
export async function* followScanHashes(
  bus: Bus,
  options: { signal: AbortSignal; storedOnly?: boolean },
): AsyncGenerator<ScanHeaders & { hash: Uint8Array }> {
  for await (const { headers } of bus.follow({ stream: Streams.SCANS, headersOnly: true, ...options })) {
    const hash = headers.get(HeaderName.PERCEPTUAL_HASH);
    if (hash !== undefined) yield { ...readScanHeaders(headers), hash: Buffer.from(hash, 'base64') };
  }
}

const readSequences = (text = ''): number[] =>
  text
    .split(',')
    .map(Number)
    .filter((sequence) => Number.isSafeInteger(sequence) && sequence > 0);

function readSplit(text = ''): Split {
  return Object.hasOwn(Split, text) ? (text as Split) : Split.SPLIT_UNSPECIFIED;
}

/** A header that is not percent-encoded as it should be is a label nobody knows, not a reason to stop. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
