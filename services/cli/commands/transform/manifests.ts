import { splitName } from '#libs/contracts';
import { placeOf } from '#services/ingest';
import { toCsv } from '../../shared/csv.js';
import type { FileToStore } from './name-files.js';

/** The manifest of a whole data set. */
export const WHOLE_MANIFEST = 'manifest.csv';

/**
 * Manifests that say of stored images what the layout of their folder does not: by file name, none where it says all.
 * One for each part (`train.csv`, `test.csv`) where a part is divided further by ingest.
 */
export function manifestsOf(files: readonly FileToStore[]): Map<string, string> {
  const says = ({ source, label = '', patientId, studyId }: FileToStore): boolean =>
    patientId === undefined && studyId === undefined && label === (placeOf(source).label ?? '');
  if (files.every(says)) return new Map();
  const isInParts = files.some(({ splits }) => (splits?.length ?? 0) > 1);
  const groups = new Map<string, FileToStore[]>();
  for (const file of files) {
    const name = isInParts ? `${partOf(file)}.csv` : WHOLE_MANIFEST;
    const group = groups.get(name);
    if (group) group.push(file);
    else groups.set(name, [file]);
  }
  return new Map(
    [...groups].map(([name, group]) => {
      const rows = group.map((file) => {
        const { target, label, patientId, studyId, splits } = file;
        const split = isInParts || !splits ? undefined : splitName(splits[0]!);
        return [target, label, patientId, studyId, split];
      });
      return [name, toCsv(['path', 'label', 'patient', 'study', 'split'], rows)];
    }),
  );
}

const partOf = ({ splits = [] }: FileToStore): string => (splits.length === 1 ? splitName(splits[0]!) : 'train');
