import { connectBus } from '#libs/bus';
import { duration, flag, integer, optional, text } from '#libs/config';
import { parseCommandLine, runCommand, runService } from '#libs/service';
import { describeRetention, RecordStore, type BadRecord } from '#services/predictor';
import { formatOf, jsonOption, natsOption } from '../../shared/options.js';
import { recordFormat } from './output.js';

/** Records shown unless told otherwise. */
const DEFAULT_LAST = 20;

const options = {
  last: [
    '--last <n>',
    optional(
      integer({
        min: 1,
        max: 10_000_000,
        description: `the newest so many (default: ${DEFAULT_LAST}; with --since all)`,
      }),
    ),
  ],
  model: [
    '--model <name>',
    optional(text({ description: 'of a model version, for example main-000042, or of all versions of a run' })),
  ],
  sinceMs: ['--since <time>', optional(duration({ description: 'not older than, for example 1h' }))],
  follow: ['--follow', flag({ default: false, description: 'go on with what comes, until interrupted' })],
  csv: ['--csv', flag({ default: false, description: 'write CSV instead of a table' })],
  json: jsonOption('write a JSON object per line instead of a table'),
  nats: natsOption,
} as const;

/**
 * `sulcus predictions`: lists records of predictions, oldest first.
 *
 * @param argv the words after the command's name
 */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus predictions',
      description: 'Lists records of predictions: what was answered, when, and by which model version.',
      options,
    },
    argv,
  );
  if (!parsed) return;
  const { model, sinceMs, follow, last = sinceMs === undefined ? DEFAULT_LAST : undefined } = parsed.options;
  const format = recordFormat(formatOf(parsed.options));
  await (follow ? runService : runCommand)('predictions', async ({ signal }) => {
    await using bus = await connectBus({
      servers: parsed.options.nats,
      name: 'predictions',
      signal,
    });
    const store = new RecordStore(bus);
    const stats = await store.stats();
    process.stderr.write(`predictions: ${describeRetention(stats)}\n`);
    const stored = await store.list({
      last,
      model,
      sinceUnixMs: sinceMs === undefined ? undefined : Date.now() - sinceMs,
      signal,
      onBad,
    });
    process.stdout.write([format.header, ...stored.map(format.row)].join(''));
    if (!follow) return;
    const seen = Math.max(stats.lastSequence, stored.at(-1)?.sequence ?? 0);
    for await (const next of store.follow({ model, signal, onBad }, seen)) process.stdout.write(format.row(next));
  });
}

/** What is no record is named beside the list, not in it. */
const onBad = ({ sequence, subject, error }: BadRecord): void =>
  void process.stderr.write(`predictions: bad record ${sequence} (${subject}): ${error.message}\n`);
