import path from 'node:path';
import { importEnvironment, listHeld, type HeldObject } from '#services/ingest';

/** Of ingest, or of an edge. */
export const folderOption = [
  '--data-dir <folder>',
  importEnvironment.dataDir[1],
  { variable: 'SULCUS_DATA_DIR' },
] as const;

/** Everything that a site holds back: DICOM objects in the quarantine, and at an edge other files that were refused. */
export async function heldIn(dataDir: string): Promise<HeldObject[]> {
  const folders = ['quarantine', 'refused'].map((name) => path.join(dataDir, name));
  return (await Promise.all(folders.map(listHeld))).flat();
}
