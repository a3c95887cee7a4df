import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { PHANTOM_CLASSES, writePhantomDataset } from '#libs/imaging';
import { cleanLabel, listData, parseColumns } from '#services/ingest';
import { openData } from '../shared/open-data.js';
import { runsFolder, shownPath } from '../shared/paths.js';

/** Images that a run is to learn from. */
export interface DataSet {
  /** Class names in output order: sorted, so that the same folder always gives the same order. */
  classes: readonly string[];
  /** What it is, for people. */
  description: string;
  /** Makes what has to be made and returns the folder or manifest to import. */
  prepare(onProgress: (done: number, total: number) => void): Promise<string>;
}

export interface DataSetChoice {
  /** Folder in ImageFolder layout, CSV manifest, or a zip or tar file of either; undefined: phantoms. */
  data: string | undefined;
  /** Names of a manifest's columns, as {@link parseColumns} reads them. */
  columns?: readonly string[] | undefined;
  /** Phantoms per class. Default 250. */
  phantoms?: number | undefined;
  seed: number;
}

/**
 * Finds out what a run is to learn from.
 *
 * @throws INVALID_ARGUMENT for a packed data set that cannot be used; INVALID_CONFIG when there are fewer than two
 * classes, or a class name cannot be used
 */
export async function openDataSet({ data, columns, phantoms, seed }: DataSetChoice): Promise<DataSet> {
  if (data === undefined) return phantomDataSet(phantoms ?? DEFAULT_PHANTOMS, seed);
  const source = await openData(data);
  const items = await listData(source, { columns: columns && parseColumns(columns) });
  const counts = new Map<string, number>();
  for (const label of items.map((item) => cleanLabel(item.label)))
    if (label !== '') counts.set(label, (counts.get(label) ?? 0) + 1);
  const classes = [...counts.keys()].sort();
  const count = classes.length === 0 ? 'no class' : `the one class "${classes[0]}"`;
  const mistakes = [
    ...(classes.length < 2
      ? [`${shownPath(path.resolve(data))} has ${count}: at least two are needed, in one folder each`]
      : []),
    ...classes.filter((name) => name.includes(',')).map((name) => `class name "${name}": a comma cannot be used`),
  ];
  if (mistakes.length > 0) throw new SulcusError('INVALID_CONFIG', mistakes.join('\n'), { details: { mistakes } });
  return {
    classes,
    description:
      `${items.length} files of ${classes.length} classes in ${shownPath(path.resolve(data))}` +
      fewOf(classes.map((name) => [name, counts.get(name)!])),
    prepare: async () => path.resolve(source),
  };
}

const DEFAULT_PHANTOMS = 250;

/** A class of fewer files is in some splits hardly, or not at all. */
const FEW_FILES = 10;

/** For example `; of notumor only 1: too few to learn and to measure`. */
function fewOf(counts: readonly (readonly [name: string, count: number])[]): string {
  const few = counts.filter(([, count]) => count < FEW_FILES).map(([name, count]) => `of ${name} only ${count}`);
  return few.length === 0 ? '' : `; ${few.join(', ')}: too few to learn and to measure`;
}

/** Few slices each of many patients teach more than many of few: a network has to generalise over patients. */
const SLICES_PER_PATIENT = 2;

/** Phantoms are a function of seed and number: a set that was made before is used again. */
function phantomDataSet(perClass: number, seed: number): DataSet {
  const folder = path.join(runsFolder(), 'phantoms', `${perClass}-by-${SLICES_PER_PATIENT}-seed-${seed}`);
  return {
    classes: [...PHANTOM_CLASSES].sort(),
    description: `${perClass * PHANTOM_CLASSES.length} phantoms of ${PHANTOM_CLASSES.length} classes`,
    prepare: (onProgress) =>
      preparePhantoms(folder, (draft) =>
        writePhantomDataset(draft, { perClass, seed, slicesPerPatient: SLICES_PER_PATIENT, onProgress }),
      ),
  };
}

/**
 * Phantoms in a folder that appears whole or not at all: an interrupted run leaves nothing that looks finished.
 *
 * @returns its manifest
 */
export async function preparePhantoms(folder: string, write: (draft: string) => Promise<unknown>): Promise<string> {
  const manifest = path.join(folder, 'manifest.csv');
  if (existsSync(manifest)) return manifest;
  const draft = `${folder}.${process.pid}.draft`;
  try {
    await write(draft);
    if (!existsSync(manifest)) renameSync(draft, folder);
  } catch (error) {
    const { code, rawMessage } = SulcusError.from(error);
    throw new SulcusError(
      code,
      `No phantoms can be made in ${shownPath(path.dirname(folder))} (${rawMessage}): ` +
        'give yourself write access to it, or name images of your own with --data',
      { cause: error },
    );
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return manifest;
}
