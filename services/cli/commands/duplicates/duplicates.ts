import { flag } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { parseCommandLine, runCommand, table } from '#libs/service';
import { readImportConfig } from '#services/ingest';
import { jsonOption, natsOption } from '../../shared/options.js';
import { showProgress } from '../../shared/progress.js';
import { compareSets, type SharedPictures } from './compare-sets.js';
import { readPictures, type ReadOptions } from './read-pictures.js';

const OPTIONS = {
  all: ['--all', flag({ default: false, description: 'show every pair instead of the first 20' })],
  json: jsonOption(
    'write one line of JSON: {pictures: {first, second}, shared: {files, pictures}, pairs: [{first, second, same, ' +
      'distance}], notListed, refused: [{name, code, message}]}',
  ),
  nats: natsOption,
} as const;

const NOTES = `A set is a folder, a manifest, a zip or tar file, kaggle:owner/name, or what lies on the broker: scans, \
scans:train, scans:validation, scans:gate, scans:test (what has left for the archive is not among it). Compared are \
the SHA-256 of the files, and what the pictures look like: the same picture in another size, quality or format is \
found, a mirrored, turned or cropped one is not.

Exit code 0: no picture is in both sets; 1: some are, and they are listed; 2: it could not be looked at.`;

const SHOWN_PAIRS = 20;

/** `sulcus duplicates FIRST [SECOND]`: whether two sets share pictures, for example what is trained and tested on. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus duplicates',
      description:
        'Finds pictures of the second set that are in the first, as files or saved anew; of one set, those that it ' +
        'holds twice. A model that was trained on one is not tested by the other where they share pictures.',
      operand: '<set...>',
      options: OPTIONS,
      notes: NOTES,
    },
    argv,
  );
  if (!parsed) return;
  const { json, all, nats } = parsed.options;
  const [first, second, ...others] = parsed.operands;
  if (others.length > 0)
    throw new SulcusError('INVALID_CONFIG', `sulcus duplicates takes one set or two, not ${parsed.operands.length}`);
  await runCommand('duplicates', async ({ signal }) => {
    try {
      const reading: ReadOptions = {
        natsUrl: nats,
        limits: readImportConfig(),
        signal,
        onProgress: (done, total) => showProgress(done, total, 'images'),
      };
      const found = await compareSets(
        readPictures(first!, reading),
        second === undefined ? undefined : readPictures(second, reading),
      );
      console.log(json ? JSON.stringify(found) : describe(found, all));
      process.exitCode = found.shared.files + found.shared.pictures > 0 ? 1 : 0;
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const { code, rawMessage } = SulcusError.from(thrown);
      process.stderr.write(`duplicates: cannot look: ${code}: ${rawMessage}\n`);
      process.exitCode = 2;
    }
  });
}

function describe({ pictures, shared, pairs, notListed, refused }: SharedPictures, all: boolean): string {
  const total = shared.files + shared.pictures;
  const where =
    pictures.second === undefined
      ? `of ${pictures.first} pictures ${total} are there before`
      : `of ${pictures.second} pictures ${total} are among the ${pictures.first} of the first set`;
  const kinds = total === 0 ? '' : `: ${shared.files} as the same file, ${shared.pictures} saved anew`;
  const shown = all ? pairs : pairs.slice(0, SHOWN_PAIRS);
  const rest = pairs.length - shown.length + notListed;
  const rows = shown.map(({ first, second, same, distance }) => [second, first, same, distance.toFixed(2)]);
  return [
    ...(rows.length === 0 ? [] : table([['picture', 'is there as', 'same', 'distance'], ...rows], new Set([3]))),
    ...(rest === 0 ? [] : [`… and ${rest} more`]),
    ...refused.map(({ name, message }) => `left out ${name}: ${message}`),
    `${where}${kinds}`,
  ].join('\n');
}
