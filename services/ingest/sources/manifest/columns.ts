import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { IMAGE_EXTENSIONS } from '#libs/imaging';

/** What a line of a manifest says of an image. */
export const COLUMNS = ['path', 'label', 'patient', 'study', 'split'] as const;
const REQUIRED = ['path', 'label'] as const;

export type Column = (typeof COLUMNS)[number];

/** Which column of a file stands for ours: its name in the first line, or its place, from 0, where there is none. */
export type ColumnNames = Readonly<Partial<Record<Column, string>>>;

/** Names that mean the same wherever they stand, compared without case, blanks, hyphens and underscores. */
const SYNONYMS: Readonly<Record<Column, readonly string[]>> = {
  path: ['path', 'file', 'filename', 'filepath', 'image', 'imagepath', 'imagename', 'imagefile', 'relativepath'],
  label: ['label', 'class', 'classname', 'category', 'target', 'diagnosis'],
  patient: ['patient', 'patientid'],
  study: ['study', 'studyid'],
  split: ['split', 'subset'],
};

/** Which of our columns a name stands for, its own or a synonym. */
export const manifestColumn = (name: string): Column | undefined =>
  COLUMNS.find((column) => SYNONYMS[column].includes(plain(name)));

const WAY_OUT = 'line 1: other names are given with --columns, for example --columns path=file,label=class';

/**
 * Reads what `--columns` says: `path=<name>,label=<name>[,…]`, or places, from 0, in a file without a line of names.
 *
 * @throws INVALID_CONFIG
 */
export function parseColumns(words: readonly string[]): ColumnNames {
  const names: Partial<Record<Column, string>> = {};
  for (const word of words) {
    const [, column, name] = /^\s*(\w+)\s*=\s*(.+?)\s*$/.exec(word) ?? [];
    if (!isColumn(column) || name === undefined)
      throw new SulcusError(
        'INVALID_CONFIG',
        `--columns "${word}": expected one of ${COLUMNS.join(', ')}, = and a name`,
      );
    if (names[column] !== undefined) throw new SulcusError('INVALID_CONFIG', `--columns names ${column} twice`);
    names[column] = name;
  }
  for (const column of REQUIRED)
    if (names[column] === undefined) throw new SulcusError('INVALID_CONFIG', `--columns does not name the ${column}`);
  return names;
}

/** Where each of our columns is in a manifest. */
export interface Layout {
  places: ReadonlyMap<Column, number>;
  /** Values per line. */
  width: number;
  hasHeader: boolean;
}

/**
 * Finds the columns by their names, ours or synonyms. A first line that begins with the name of an image file is none
 * of names: the path is the first column then, the label the second.
 *
 * @param mistakes takes up what is wrong with the first line
 */
export function findColumns(first: readonly string[], names: ColumnNames | undefined, mistakes: string[]): Layout {
  if (names) return chosenColumns(first, names, mistakes);
  if (isImageName(first[0]))
    return {
      places: new Map([
        ['path', 0],
        ['label', 1],
      ]),
      width: first.length,
      hasHeader: false,
    };
  const before = mistakes.length;
  const places = new Map<Column, number>();
  for (const [place, name] of first.entries()) {
    const column = manifestColumn(name);
    if (column === undefined) mistakes.push(`line 1: there is no column "${name}" (known: ${COLUMNS.join(', ')})`);
    else if (places.has(column))
      mistakes.push(`line 1: a column stands twice: "${first[places.get(column)!]}", "${name}"`);
    else places.set(column, place);
  }
  for (const column of REQUIRED)
    if (!places.has(column))
      mistakes.push(`line 1: the column "${column}" is missing (expected path,label[,patient][,study][,split])`);
  if (mistakes.length > before) mistakes.push(WAY_OUT);
  return { places, width: first.length, hasHeader: true };
}

function chosenColumns(first: readonly string[], names: ColumnNames, mistakes: string[]): Layout {
  const chosen = Object.entries(names) as [Column, string][];
  const known = first.map(plain);
  const isByPlace = chosen.every(([, name]) => /^\d+$/.test(name) && !known.includes(plain(name)));
  const places = new Map(
    chosen.map(([column, name]) => [column, isByPlace ? Number(name) : known.indexOf(plain(name))]),
  );
  for (const [column, place] of places)
    if (place < 0 || place >= first.length)
      mistakes.push(`line 1: there is no column "${names[column]}" for the ${column} (there are: ${first.join(', ')})`);
  return { places, width: first.length, hasHeader: !isByPlace };
}

const isColumn = (name: string | undefined): name is Column => COLUMNS.includes(name as Column);

const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, '');

const isImageName = (cell = ''): boolean => IMAGE_EXTENSIONS.includes(path.extname(cell).slice(1).toLowerCase());
