import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { mapInOrder } from '#libs/async';
import type { AnnotateRequestInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { manifestColumn } from '#services/ingest';
import type { SampleFinder } from '../../shared/sample-of.js';

export type Annotation = NonNullable<AnnotateRequestInput['annotations']>[number];

const COLUMNS = ['sample', 'path', 'study', 'label', 'source'] as const;
/** What a manifest says besides, so that the file that images were imported by serves here too. */
const IGNORED = ['patient', 'split'];
/** Mistakes that are named one by one. */
const MAX_NAMED = 20;

/** Files hashed at once. */
const READS = 8;

/**
 * The annotations of a CSV file with the columns `sample`, `path` or `study`, `label` and optionally `source`, in any
 * order, named in its first line, the path by any name that a manifest may give it. A sample is named by its identity
 * or by its file, relative to the CSV file's folder. A line with a path means that image, whatever study it names: the
 * manifest of an import serves too. Two lines that give one sample or study different labels are mistakes: which of
 * them is right cannot be known.
 *
 * @param source for lines that name none
 * @throws FILE_UNREADABLE; INVALID_ARGUMENT naming the mistakes by line
 */
export async function readAnnotations(file: string, source: string, finder: SampleFinder): Promise<Annotation[]> {
  const text = await readFile(file).catch((error: Error) => {
    throw new SulcusError('FILE_UNREADABLE', `${file} cannot be read: ${error.message}`, { cause: error });
  });
  const mistakes: string[] = [];
  const annotations: Annotation[] = [];
  const folder = path.dirname(file);
  const given = new Map<string, { line: number; label: string }>();
  const read = async (line: Line) => ({ line: line.line, found: await readLine(line, { folder, source, finder }) });
  for await (const { line, found } of mapInOrder(parseLines(text, mistakes), READS, read)) {
    if (typeof found === 'string') {
      mistakes.push(found);
      continue;
    }
    for (const annotation of found) {
      const { sampleId, studyId, label = '' } = annotation;
      const target = sampleId ? `sample ${sampleId}` : `study ${studyId}`;
      const before = given.get(target) ?? { line, label };
      if (before.label !== label)
        mistakes.push(`line ${line}: "${label}", and in line ${before.line} "${before.label}" (${target})`);
      given.set(target, before);
      annotations.push(annotation);
    }
  }
  if (mistakes.length === 0) return annotations;
  const more = mistakes.length > MAX_NAMED ? [`and ${mistakes.length - MAX_NAMED} more`] : [];
  throw new SulcusError('INVALID_ARGUMENT', [`${file}:`, ...mistakes.slice(0, MAX_NAMED), ...more].join('\n  '), {
    details: { mistakes },
  });
}

/** The annotations of a line, several for a DICOM file of several frames; or what is wrong with it. */
async function readLine(
  { line, values }: Line,
  { folder, source, finder }: { folder: string; source: string; finder: SampleFinder },
): Promise<Annotation[] | string> {
  const { sample = '', path: image = '', study = '', label = '' } = values;
  const target = image === '' ? sample : image;
  if (image !== '' && sample !== '') return `line ${line}: give either a sample or a path`;
  if (target === '' ? study === '' : image === '' && study !== '')
    return `line ${line}: give either a sample (or its path) or a study`;
  if (label === '') return `line ${line}: the label is empty`;
  const by = values.source || source;
  if (target === '') return [toAnnotation('', study, label, by)];
  try {
    return (await finder.find(target, folder)).map((sampleId) => toAnnotation(sampleId, '', label, by));
  } catch (error) {
    return `line ${line}: ${SulcusError.from(error).rawMessage}`;
  }
}

/**
 * Annotations that give all targets one label.
 *
 * @param targets samples by their identity or by their image file; with `isStudy` studies as the site knows them
 * @throws FILE_UNREADABLE for what is neither an identity nor a file
 */
export async function annotationsOf(
  targets: readonly string[],
  { label, source, isStudy }: { label: string; source: string; isStudy: boolean },
  finder: SampleFinder,
): Promise<Annotation[]> {
  const annotations: Annotation[] = [];
  for (const target of targets)
    if (isStudy) annotations.push(toAnnotation('', target, label, source));
    else for (const sample of await finder.find(target)) annotations.push(toAnnotation(sample, '', label, source));
  return annotations;
}

const toAnnotation = (sampleId: string, studyId: string, label: string, labelSource: string): Annotation =>
  sampleId === ''
    ? { target: 'studyId', studyId, label, labelSource }
    : { target: 'sampleId', sampleId, label, labelSource };

interface Line {
  line: number;
  values: Partial<Record<(typeof COLUMNS)[number], string>>;
}

function parseLines(text: Buffer, mistakes: string[]): Line[] {
  try {
    const records = parse(text, { bom: true, info: true, skip_empty_lines: true, trim: true }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    const names = records[0]?.record.map(columnName) ?? [];
    const unknown = names.filter((name) => !isOurs(name) && !IGNORED.includes(name));
    const twice = COLUMNS.filter((column) => names.indexOf(column) !== names.lastIndexOf(column));
    if (unknown.length > 0) mistakes.push(`line 1: there is no column ${unknown.join(', ')} (${COLUMNS.join(', ')})`);
    if (twice.length > 0) mistakes.push(`line 1: several columns are the ${twice.join(', ')}`);
    if (!names.includes('label')) mistakes.push('line 1: the column "label" is missing');
    if (!(['sample', 'path', 'study'] as const).some((name) => names.includes(name)))
      mistakes.push('line 1: none of the columns "sample", "path" and "study" is there');
    if (mistakes.length > 0) return [];
    if (records.length === 1) mistakes.push('there are no annotations');
    return records.slice(1).map(({ record, info }) => ({
      line: info.lines,
      values: Object.fromEntries(record.map((cell, column) => [names[column]!, cell])),
    }));
  } catch (error) {
    mistakes.push(`is no CSV: ${(error as Error).message}`);
    return [];
  }
}

/** Our name of a column; one that we do not know keeps its own. */
const columnName = (name: string): string =>
  isOurs(name.toLowerCase()) ? name.toLowerCase() : (manifestColumn(name) ?? name);

const isOurs = (name: string): boolean => (COLUMNS as readonly string[]).includes(name);
