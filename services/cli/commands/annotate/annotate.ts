import { flag, optional, text } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { createClient } from '#libs/rpc';
import { parseCommandLine, runCommand } from '#libs/service';
import { showProgress } from '../../shared/progress.js';
import { SampleFinder } from '../../shared/sample-of.js';
import { annotationsOf, readAnnotations } from './read-annotations.js';

const options = {
  label: ['--label <name>', optional(text({ description: 'class name that all of them get' }))],
  study: ['--study', flag({ default: false, description: 'they are studies: all slices get the label' })],
  csv: ['--csv <file>', optional(text({ description: 'read sample, path or study, label[, source] from a CSV file' }))],
  source: [
    '--source <who>',
    text({ default: 'unknown', description: 'who says so, for example radiologist or pathology' }),
  ],
  address: [
    '--address <host:port>',
    text({ default: '127.0.0.1:7001', description: 'ingest of the site' }),
    { variable: 'SULCUS_INGEST_ADDRESS' },
  ],
} as const;

const notes = `A sample is named by its identity (64 hexadecimal digits), or by its file, which is only read: the \
identity is the SHA-256 of what leaves the site, the file without its metadata. A later label replaces an earlier one; \
giving the same one again changes nothing. Paths in a CSV file are relative to its folder; the manifest that \
images were imported by serves too. Exit code: 0 when all are stored, 1 otherwise, 2 for wrong options.`;

/** Annotations that are stored together or not at all. */
const REQUEST_SIZE = 500;

const TIMEOUT_MS = 60_000;

/** `sulcus annotate`: gives labels to samples and studies that were sent before. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Labels samples or studies that were sent before: one by one, or as a CSV file lists them.';
  const parsed = parseCommandLine(
    { name: 'sulcus annotate', description, operand: '[sample|file|study...]', options, notes },
    argv,
  );
  if (!parsed) return;
  const { label, csv, source, study, address } = parsed.options;
  if ((csv === undefined) === (parsed.operands.length === 0))
    throw new SulcusError('INVALID_CONFIG', 'give samples or studies and --label, or --csv: sulcus annotate --help');
  if (csv === undefined && label === undefined)
    throw new SulcusError('INVALID_CONFIG', '--label is not given: class name that all of them get');

  if (csv !== undefined && (label !== undefined || study))
    throw new SulcusError('INVALID_CONFIG', '--label and --study go with samples or studies: a CSV file says both');

  await runCommand('annotate', async ({ signal, log }) => {
    await using finder = new SampleFinder(log);
    const annotations =
      csv === undefined
        ? await annotationsOf(parsed.operands, { label: label!, source, isStudy: study }, finder)
        : await readAnnotations(csv, source, finder);
    using client = createClient('Ingest', address);
    let stored = 0;
    for (let start = 0; start < annotations.length; start += REQUEST_SIZE) {
      const request = { annotations: annotations.slice(start, start + REQUEST_SIZE) };
      const { accepted } = await client.annotate(request, { timeoutMs: TIMEOUT_MS, signal }).catch((error: unknown) => {
        const { code, rawMessage } = SulcusError.from(error);
        const before = stored === 0 ? '' : `; ${stored} of the file were stored before`;
        throw new SulcusError(code, `${rawMessage}${before}`, { cause: error });
      });
      stored += accepted;
      showProgress(stored, annotations.length, 'labels');
    }
    console.log(`${stored} labels stored`);
  });
}
