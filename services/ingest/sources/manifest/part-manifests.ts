import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { PartManifest } from './read-manifest.js';

/** For example `train.csv`, `training_meta.csv`, `Val-labels.csv`. */
const NAME = /^(training|train|validation|val|gate|testing|test)([^a-z].*)?\.csv$/i;

/**
 * The manifests of a folder that has one for each part, beside its images: `train….csv` with `val….csv` or
 * `test….csv`. Empty for other folders, whose layout says what belongs where.
 */
export async function findPartManifests(folder: string): Promise<PartManifest[]> {
  const found = (await readdir(folder)).sort().flatMap((name) => {
    const part = NAME.exec(name)?.[1]?.toLowerCase();
    return part === undefined ? [] : [{ file: path.join(folder, name), part }];
  });
  const isWhole =
    found.some(({ part }) => part.startsWith('train')) && found.some(({ part }) => /^(val|test)/.test(part));
  return isWhole ? found : [];
}
