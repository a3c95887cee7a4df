import { createHash } from 'node:crypto';

/** A sample that waits in the spool, as its file is named. */
export interface SpoolEntry {
  /** In the order of arrival, over restarts. */
  readonly sequence: number;
  readonly storedUnixMs: number;
  readonly sampleId: string;
  /** Tells the same image under two labels apart: 8 hexadecimal digits. */
  readonly labelTag: string;
  readonly sizeBytes: number;
}

const NAME = /^(\d{12})-(\d{13})-([0-9a-f]{64})-([0-9a-f]{8})\.scan$/;

export const nameOf = ({ sequence, storedUnixMs, sampleId, labelTag }: Omit<SpoolEntry, 'sizeBytes'>): string =>
  `${String(sequence).padStart(12, '0')}-${String(storedUnixMs).padStart(13, '0')}-${sampleId}-${labelTag}.scan`;

/** @returns undefined for a file that is none of the spool's */
export function entryOf(name: string, sizeBytes: number): SpoolEntry | undefined {
  const [, sequence, storedUnixMs, sampleId, labelTag] = NAME.exec(name) ?? [];
  if (sampleId === undefined || labelTag === undefined) return undefined;
  return { sequence: Number(sequence), storedUnixMs: Number(storedUnixMs), sampleId, labelTag, sizeBytes };
}

/** What is in the spool once. */
export const keyOf = ({ sampleId, labelTag }: Pick<SpoolEntry, 'sampleId' | 'labelTag'>): string =>
  `${sampleId}-${labelTag}`;

/** The sample of a key. */
export const sampleOf = (key: string): string => key.slice(0, key.lastIndexOf('-'));

export const tagOfLabel = (label: string): string => createHash('sha256').update(label).digest('hex').slice(0, 8);
