import { parse } from 'csv-parse/sync';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Split } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { cleanLabel } from '../../pipeline/labels.js';
import type { AssignedSplit } from '../../pipeline/splits.js';
import type { FileItem } from '../files/ingest-file.js';

const COLUMNS = ['path', 'label', 'patient', 'study', 'split'] as const;
const REQUIRED = ['path', 'label'] as const;

type Column = (typeof COLUMNS)[number];

const SPLIT_NAMES: Readonly<Record<string, AssignedSplit>> = {
  train: Split.SPLIT_TRAIN,
  training: Split.SPLIT_TRAIN,
  validation: Split.SPLIT_VALIDATION,
  val: Split.SPLIT_VALIDATION,
  gate: Split.SPLIT_GATE,
  test: Split.SPLIT_TEST,
  testing: Split.SPLIT_TEST,
};

/** One line of the manifest. */
interface Row {
  line: number;
  values: Partial<Record<Column, string>>;
}

interface RawRecord {
  record: string[];
  info: { lines: number };
}

/**
 * Reads a CSV manifest with the columns `path,label[,patient][,study][,split]`, in any order, named in its first line.
 * Paths are relative to the manifest. Whether the files exist is found out when they are read.
 *
 * @throws INVALID_ARGUMENT naming every mistake with its line; FILE_UNREADABLE
 */
export async function readManifest(file: string): Promise<FileItem[]> {
  const text = await readFile(file).catch((error: Error) => {
    throw new SulcusError('FILE_UNREADABLE', `The manifest ${file} cannot be read: ${error.message}`, { cause: error });
  });
  const mistakes: string[] = [];
  const items = parseManifest(text, mistakes).map((row) => toItem(row, file, mistakes));
  if (mistakes.length > 0) {
    const lines = mistakes.map((mistake) => `${path.basename(file)} ${mistake}`);
    throw new SulcusError('INVALID_ARGUMENT', lines.join('\n'), { details: { mistakes: lines } });
  }
  return items;
}

function parseManifest(text: Buffer, mistakes: string[]): Row[] {
  let records: RawRecord[];
  try {
    records = parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as RawRecord[];
  } catch (error) {
    mistakes.push(`is no CSV: ${(error as Error).message}`);
    return [];
  }
  const [header, ...body] = records;
  const names = header?.record.map((name) => name.toLowerCase()) ?? [];
  const before = mistakes.length;
  for (const name of REQUIRED)
    if (!names.includes(name))
      mistakes.push(`line 1: the column "${name}" is missing (expected path,label[,patient][,study][,split])`);
  for (const name of names)
    if (!COLUMNS.includes(name as Column))
      mistakes.push(`line 1: there is no column "${name}" (known: ${COLUMNS.join(', ')})`);
  if (new Set(names).size !== names.length) mistakes.push('line 1: a column stands twice');
  if (mistakes.length > before) return [];
  if (body.length === 0) mistakes.push('lists no images');

  const rows: Row[] = [];
  for (const { record, info } of body) {
    if (record.length !== names.length)
      mistakes.push(`line ${info.lines}: ${record.length} values for ${names.length} columns`);
    else rows.push({ line: info.lines, values: Object.fromEntries(names.map((name, index) => [name, record[index]])) });
  }
  settlePatients(rows, mistakes);
  return rows;
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
    const name = split && SPLIT_NAMES[split.toLowerCase()];
    if (!patient || !name) continue;
    if (known && SPLIT_NAMES[known.split.toLowerCase()] !== name)
      mistakes.push(`line ${line}: the patient is in "${split}" here and in "${known.split}" on line ${known.line}`);
    else if (!known) decided.set(patient, { split: split, line });
  }
  for (const { values } of rows) if (values.patient && !values.split) values.split = decided.get(values.patient)?.split;
}

function toItem({ line, values }: Row, manifest: string, mistakes: string[]): FileItem {
  const { path: relative = '', label = '', patient, study, split } = values;
  const name = split ? SPLIT_NAMES[split.toLowerCase()] : undefined;
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
    ...(name ? { splits: [name] } : {}),
  };
}
