import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { IngestCounts } from '#services/ingest';
import type { ForwardCounts, Link } from '../events.js';
import type { SpoolState } from '../spool/spool.js';

/** What an edge says of itself, as JSON in `status.json` of its data folder. */
export interface EdgeStatus {
  site: string;
  core: string;
  pid: number;
  startedUnixMs: number;
  updatedUnixMs: number;
  rssBytes: number;
  link: Link;
  lastAckUnixMs?: number | undefined;
  spool: SpoolState;
  /** What came in by the doors, since the start. */
  doors: IngestCounts;
  /** Of what was not wanted or refused: how often for each reason or code. */
  reasons?: Readonly<Record<string, number>> | undefined;
  /** The door of DICOM, where there is one: what is open, and how often something was noticed, by its kind. */
  dicom?: { associations: number; noticed: Readonly<Partial<Record<string, number>>> } | undefined;
  /** What left the spool, since the start. */
  forwarded: ForwardCounts;
}

/** It is written so often. */
export const STATUS_INTERVAL_MS = 1_000;
/** An edge that is silent for this long does not run. */
export const STATUS_SILENCE_MS = 15_000;

const fileIn = (dataDir: string): string => path.join(dataDir, 'status.json');

/** Replaces the status; readers see the old one or the new one. It need not outlive a power loss. */
export async function writeStatus(dataDir: string, status: EdgeStatus): Promise<void> {
  const file = fileIn(dataDir);
  await writeFile(`${file}.part`, `${JSON.stringify(status)}\n`, { mode: 0o600 });
  await rename(`${file}.part`, file);
}

/** The last status of an edge, running or not; undefined where there never was one. */
export async function readStatus(dataDir: string): Promise<EdgeStatus | undefined> {
  try {
    return JSON.parse(await readFile(fileIn(dataDir), 'utf8')) as EdgeStatus;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
