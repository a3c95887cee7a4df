import { parse } from 'csv-parse/sync';
import path from 'node:path';
import { Split } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';
import { cleanLabel } from '../../pipeline/labels.js';
import type { AssignedSplit } from '../../pipeline/splits.js';
import type { FileItem } from '../files/ingest-file.js';
import { readRegularFile } from '../files/read-image-file.js';
import { splitsOfPart } from '../folder/layout.js';
import { delimiterOf, encodingOfMark, lineOfOtherEncoding } from './encoding.js';
import { findColumns, type Column, type ColumnNames } from './columns.js';

const SPLIT_NAMES: ReadonlyMap<string, AssignedSplit> = new Map(
  Object.entries<AssignedSplit>({
    train: Split.SPLIT_TRAIN,
    training: Split.SPLIT_TRAIN,
    validation: Split.SPLIT_VALIDATION,
    val: Split.SPLIT_VALIDATION,
    gate: Split.SPLIT_GATE,
    test: Split.SPLIT_TEST,
    testing: Split.SPLIT_TEST,
  }),
);

/** One line of the manifest. */
interface Row {
  line: number;
  values: Partial<Record<Column, string>>;
}

interface RawRecord {
  record: string[];
  info: { lines: number };
}

export interface ManifestOptions {
  /** Which columns count, where they have other names than ours and their synonyms. */
  columns?: ColumnNames | undefined;
  /** Encoding of the file where it is neither UTF-8 nor UTF-16 with its mark, as `windows-1252`. */
  encoding?: string | undefined;
  /** Real path of the folder that manifests must lie in, wherever links lead. Default: anywhere. */
  within?: string | undefined;
}

/**
 * Reads a CSV manifest with the columns `path,label[,patient][,study][,split]`, in any order, named in its first line
 * (or by a synonym, such as `file` and `class`), or `path,label` without such a line. Paths are relative to the
 * manifest. Whether the files exist is found out when they are read.
 *
 * @throws INVALID_ARGUMENT naming every mistake with its line; FILE_UNREADABLE; PERMISSION_DENIED
 */
export const readManifest = (file: string, options: ManifestOptions = {}): Promise<FileItem[]> =>
  readManifests([{ file }], options);

/** A manifest, and the part of the data that its name stands for: a line without a split belongs there. */
export interface PartManifest {
  file: string;
  part?: string;
}

/**
 * Reads the manifests of one data set together: a patient in two parts is a mistake.
 *
 * @throws INVALID_ARGUMENT naming every mistake with its file and line; FILE_UNREADABLE; PERMISSION_DENIED
 */
export async function readManifests(
  manifests: readonly PartManifest[],
  { columns, encoding, within }: ManifestOptions = {},
): Promise<FileItem[]> {
  const mistakes: string[] = [];
  const items: FileItem[] = [];
  const partOfPatient = new Map<string, string>();
  for (const { file, part } of manifests) {
    const found: string[] = [];
    const read = await readText(file, within);
    const text = inUtf8(read, encoding ?? encodingOfMark(read));
    for (const row of parseManifest(text, columns, found)) {
      const { patient, split } = row.values;
      items.push(toItem(row, file, found, part));
      if (part === undefined || !patient || split) continue;
      const known = partOfPatient.get(patient) ?? part;
      if (known !== part) found.push(`line ${row.line}: the patient is in the manifest of "${known}" too`);
      partOfPatient.set(patient, known);
    }
    mistakes.push(...found.map((mistake) => `${path.basename(file)} ${mistake}`));
  }
  if (mistakes.length > 0) throw new SulcusError('INVALID_ARGUMENT', mistakes.join('\n'), { details: { mistakes } });
  return items;
}

async function readText(file: string, within: string | undefined): Promise<Buffer> {
  try {
    return await readRegularFile(file, within, (sizeBytes) => {
      if (sizeBytes > LIMITS.manifestBytes.value)
        throw new SulcusError(
          'INVALID_ARGUMENT',
          `it has ${sizeBytes} bytes, the limit is ${LIMITS.manifestBytes.value}: divide it`,
        );
    });
  } catch (error) {
    const { code, rawMessage } = SulcusError.from(error);
    throw new SulcusError(code, `The manifest ${file} cannot be read: ${rawMessage}`, { cause: error });
  }
}

/** @throws INVALID_ARGUMENT for bytes that are nothing in the encoding */
function inUtf8(text: Buffer, encoding: string | undefined): Buffer {
  if (encoding === undefined) return text;
  try {
    return Buffer.from(new TextDecoder(encoding, { fatal: true }).decode(text));
  } catch (error) {
    throw new SulcusError('INVALID_ARGUMENT', `The manifest is not in ${encoding}: ${(error as Error).message}`);
  }
}

function parseManifest(text: Buffer, columns: ColumnNames | undefined, mistakes: string[]): Row[] {
  const notUtf8 = lineOfOtherEncoding(text);
  if (notUtf8 !== undefined) {
    mistakes.push(`line ${notUtf8}: it is not UTF-8: save the manifest as UTF-8, or name its encoding (--encoding)`);
    return [];
  }
  const { delimiter, linesBefore } = delimiterOf(text);
  let records: RawRecord[];
  try {
    records = parse(text, {
      bom: true,
      delimiter,
      from_line: linesBefore + 1,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as RawRecord[];
  } catch (error) {
    mistakes.push(`is no CSV: ${(error as Error).message}`);
    return [];
  }
  const [first, ...others] = records;
  const before = mistakes.length;
  const { places, width, hasHeader } = findColumns(first?.record ?? [], columns, mistakes);
  if (mistakes.length > before) return [];
  const body = hasHeader || !first ? others : records;
  if (body.length === 0) mistakes.push('lists no images');

  const rows: Row[] = [];
  for (const { record, info } of body) {
    if (record.length !== width) mistakes.push(`line ${info.lines}: ${record.length} values for ${width} columns`);
    else rows.push({ line: info.lines, values: valuesOf(record, places) });
  }
  if (rows.length * width > LIMITS.manifestCells.value)
    mistakes.push(`has more than ${LIMITS.manifestCells.value} values`);
  findContradictions(rows, mistakes);
  settlePatients(rows, mistakes);
  return rows;
}

const valuesOf = (record: readonly string[], places: ReadonlyMap<Column, number>): Row['values'] =>
  Object.fromEntries([...places].map(([column, place]) => [column, record[place]]));

/** One image on several lines must be of one patient, study and split; two labels are left to the images themselves. */
function findContradictions(rows: readonly Row[], mistakes: string[]): void {
  const known = new Map<string, Row>();
  for (const row of rows) {
    const place = path.normalize(row.values.path ?? '');
    const other = known.get(place);
    if (!other) {
      known.set(place, row);
      continue;
    }
    for (const column of ['split', 'patient', 'study'] as const) {
      const [here, there] = [row.values[column], other.values[column]];
      const differs = column === 'split' ? here?.toLowerCase() !== there?.toLowerCase() : here !== there;
      if (here && there && differs)
        mistakes.push(
          `line ${row.line}: the ${column} of this image is "${here}" here and "${there}" on line ${other.line}`,
        );
    }
  }
}

/**
 * All images of a patient are in one split: a split given on some of her lines holds for all, and two different ones
 * are a mistake.
 */
function settlePatients(rows: readonly Row[], mistakes: string[]): void {
  const decided = new Map<string, { split: string; line: number }>();
  for (const {
    line,
    values: { patient, split },
  } of rows) {
    const known = patient && decided.get(patient);
    const name = split && SPLIT_NAMES.get(split.toLowerCase());
    if (!patient || !name) continue;
    if (known && SPLIT_NAMES.get(known.split.toLowerCase()) !== name)
      mistakes.push(`line ${line}: the patient is in "${split}" here and in "${known.split}" on line ${known.line}`);
    else if (!known) decided.set(patient, { split: split, line });
  }
  for (const { values } of rows) if (values.patient && !values.split) values.split = decided.get(values.patient)?.split;
}

function toItem({ line, values }: Row, manifest: string, mistakes: string[], part?: string): FileItem {
  const { path: relative = '', label = '', patient, study, split } = values;
  const name = split ? SPLIT_NAMES.get(split.toLowerCase()) : undefined;
  const splits = name ? [name] : part === undefined ? undefined : splitsOfPart(part);
  if (relative === '') mistakes.push(`line ${line}: the path is empty`);
  if (split && !name)
    mistakes.push(`line ${line}: there is no split "${split}" (known: train, validation, gate, test)`);
  try {
    cleanLabel(label);
  } catch (error) {
    mistakes.push(`line ${line}: ${(error as SulcusError).rawMessage}`);
  }
  return {
    file: path.resolve(path.dirname(manifest), relative),
    source: relative,
    label,
    ...(patient ? { patientId: patient } : {}),
    ...(study ? { studyId: study } : {}),
    ...(splits ? { splits } : {}),
  };
}
