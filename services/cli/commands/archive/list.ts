import { mapInOrder } from '#libs/async';
import { splitName } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { parseCommandLine, table } from '#libs/service';
import { jsonOption } from '../../shared/options.js';
import { showProgress } from '../../shared/progress.js';
import { filterOptions, isMeant, loadSample, openArchive, placeOptions } from './open-archive.js';

const OPTIONS = { ...filterOptions, json: jsonOption(), ...placeOptions } as const;

/** Objects read at once. */
const READS = 8;

/** `sulcus archive list`: the archived samples. Exit code 1 when one of them is damaged. */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Lists the archived samples with their newest label. Each object is read and its image compared with its hash.';
  const parsed = parseCommandLine({ name: 'sulcus archive list', description, options: OPTIONS }, argv);
  if (!parsed) return;
  const { json, ...options } = parsed.options;
  const archive = await openArchive(options);
  const objects: { sampleId: string; sizeBytes: number }[] = [];
  for await (const object of archive.list()) objects.push(object);
  const found: ArchivedLine[] = [];
  const damaged: SulcusError[] = [];
  let read = 0;
  const readOne = async ({ sampleId, sizeBytes }: (typeof objects)[number]) => {
    const sample = await loadSample(archive, sampleId);
    if (sample instanceof SulcusError) return sample;
    return isMeant(sample, options) ? toLine(sample, sizeBytes) : undefined;
  };
  for await (const line of mapInOrder(objects, READS, readOne)) {
    showProgress(++read, objects.length, 'objects');
    if (line instanceof SulcusError) damaged.push(line);
    else if (line) found.push(line);
  }
  await archive.close();
  if (json) console.log(JSON.stringify(found, null, 2));
  else if (found.length === 0) console.log(`No such sample is archived (${archive.description})`);
  else console.log(lines(found).join('\n'));
  for (const { message } of damaged) process.stderr.write(`archive list: ${message}\n`);
  if (damaged.length > 0) process.exitCode = 1;
}

interface ArchivedLine {
  sampleId: string;
  site: string;
  split: string;
  /** Newest; empty when there was none. */
  label: string;
  /** Where the image came from. */
  source: string;
  sizeBytes: number;
  archivedUnixMs: number;
}

const toLine = (
  { scan, label, archivedUnixMs }: Extract<Awaited<ReturnType<typeof loadSample>>, { scan: object }>,
  sizeBytes: number,
): ArchivedLine => ({
  sampleId: scan.sampleId,
  site: scan.site,
  split: splitName(scan.split),
  label,
  source: scan.source,
  sizeBytes,
  archivedUnixMs,
});

const lines = (found: readonly ArchivedLine[]): string[] =>
  table(
    [
      ['sample', 'site', 'split', 'label', 'bytes', 'archived (UTC)', 'source'],
      ...found.map(({ sampleId, site, split, label, sizeBytes, archivedUnixMs, source }) => [
        sampleId,
        site,
        split,
        label === '' ? '–' : label,
        String(sizeBytes),
        new Date(archivedUnixMs).toISOString().slice(0, 16).replace('T', ' '),
        source,
      ]),
    ],
    new Set([4]),
  );
