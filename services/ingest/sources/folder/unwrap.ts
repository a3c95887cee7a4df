import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { findPartManifests } from '../manifest/part-manifests.js';
import { isClutter, isPart } from './layout.js';

/** A manifest that travels with its images. */
const MANIFEST = 'manifest.csv';

/**
 * Where the data set begins in what was unpacked: below folders that hold one folder alone, as archives wrap what they
 * hold. A folder that is named as a part (Training) or holds images itself is none of these, nor is one that has a
 * manifest for each part beside its one folder: the manifests name what lies below.
 *
 * @returns the folder of classes or parts, or the `manifest.csv` in it
 */
export async function unwrap(folder: string): Promise<string> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !isClutter(name));
  if (entries.some((entry) => entry.isFile() && entry.name === MANIFEST)) return path.join(folder, MANIFEST);
  if ((await findPartManifests(folder)).length > 0) return folder;
  const [only, ...others] = entries.filter((entry) => entry.isDirectory());
  if (!only || others.length > 0 || isPart(only.name)) return folder;
  const below = path.join(folder, only.name);
  const inside = await readdir(below, { withFileTypes: true });
  const isWrapper = inside.some((entry) => entry.isDirectory() && !isClutter(entry.name));
  return isWrapper || inside.some(({ name }) => name === MANIFEST) ? unwrap(below) : folder;
}
