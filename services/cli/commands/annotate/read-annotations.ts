import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { AnnotateRequestInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';

export type Annotation = NonNullable<AnnotateRequestInput['annotations']>[number];

const COLUMNS = ['sample', 'study', 'label', 'source'];
const SAMPLE_ID = /^[0-9a-f]{64}$/;
/** Mistakes that are named one by one. */
const MAX_NAMED = 20;

/**
 * The annotations of a CSV file with the columns `sample` or `study`, `label` and optionally `source`, in any order,
 * named in its first line.
 *
 * @param source for lines that name none
 * @throws FILE_UNREADABLE; INVALID_ARGUMENT naming the mistakes by line
 */
export async function readAnnotations(file: string, source: string): Promise<Annotation[]> {
  const text = await readFile(file).catch((error: Error) => {
    throw new SulcusError('FILE_UNREADABLE', `${file} cannot be read: ${error.message}`, { cause: error });
  });
  const mistakes: string[] = [];
  const annotations = parseLines(text, mistakes).flatMap(({ line, values }) => {
    const { sample = '', study = '', label = '' } = values;
    if ((sample === '') === (study === '')) mistakes.push(`line ${line}: give either a sample or a study`);
    else if (sample !== '' && !SAMPLE_ID.test(sample.toLowerCase()))
      mistakes.push(`line ${line}: "${sample}" is no sample: expected the 64 hexadecimal digits of its SHA-256`);
    else if (label === '') mistakes.push(`line ${line}: the label is empty`);
    else return [toAnnotation(sample.toLowerCase(), study, label, values['source'] || source)];
    return [];
  });
  if (mistakes.length === 0) return annotations;
  const more = mistakes.length > MAX_NAMED ? [`and ${mistakes.length - MAX_NAMED} more`] : [];
  throw new SulcusError('INVALID_ARGUMENT', [`${file}:`, ...mistakes.slice(0, MAX_NAMED), ...more].join('\n  '), {
    details: { mistakes },
  });
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
): Promise<Annotation[]> {
  const annotations: Annotation[] = [];
  for (const target of targets)
    annotations.push(
      isStudy ? toAnnotation('', target, label, source) : toAnnotation(await sampleOf(target), '', label, source),
    );
  return annotations;
}

const toAnnotation = (sampleId: string, studyId: string, label: string, labelSource: string): Annotation =>
  sampleId === ''
    ? { target: 'studyId', studyId, label, labelSource }
    : { target: 'sampleId', sampleId, label, labelSource };

/** A sample is named by the hash of its file. */
async function sampleOf(target: string): Promise<string> {
  if (SAMPLE_ID.test(target.toLowerCase())) return target.toLowerCase();
  const bytes = await readFile(target).catch((error: Error) => {
    throw new SulcusError(
      'FILE_UNREADABLE',
      `"${target}" is neither a sample (64 hexadecimal digits) nor a file that can be read: ${error.message}`,
      { cause: error },
    );
  });
  return createHash('sha256').update(bytes).digest('hex');
}

interface Line {
  line: number;
  values: Record<string, string>;
}

function parseLines(text: Buffer, mistakes: string[]): Line[] {
  try {
    const records = parse(text, { bom: true, info: true, skip_empty_lines: true, trim: true }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    const names = records[0]?.record.map((name) => name.toLowerCase()) ?? [];
    const unknown = names.filter((name) => !COLUMNS.includes(name));
    if (unknown.length > 0) mistakes.push(`line 1: there is no column ${unknown.join(', ')} (${COLUMNS.join(', ')})`);
    if (!names.includes('label')) mistakes.push('line 1: the column "label" is missing');
    if (!names.includes('sample') && !names.includes('study'))
      mistakes.push('line 1: neither a column "sample" nor a column "study" is there');
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
