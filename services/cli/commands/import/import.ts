import { openBus } from '#libs/bus';
import { flag, number, optional, text } from '#libs/config';
import { parseCommandLine, runCommand } from '#libs/service';
import {
  BrokerSink,
  importEnvironment,
  importPath,
  IngestEvents,
  Ingestor,
  loadPseudonymKey,
  parseColumns,
  Pseudonyms,
  readImportConfig,
  reportOn,
  type IngestOutcome,
} from '#services/ingest';
import { bucketEnvironment } from '../../shared/bucket/environment.js';
import { kaggleEnvironment } from '../../shared/kaggle/environment.js';
import { openData } from '../../shared/open-data.js';
import { columnsOption, natsOption } from '../../shared/options.js';
import { ProgressLine, summaryOf } from './progress-line.js';

const OPTIONS = {
  sorted: ['--sorted', flag({ default: false, description: 'send the images by path instead of mixing the classes' })],
  columns: columnsOption,
  encoding: [
    '--encoding <name>',
    optional(text({ description: 'encoding of a manifest that is not UTF-8, such as windows-1252' })),
  ],
  maxRejected: [
    '--max-rejected <share>',
    number({
      min: 0,
      max: 1,
      default: 1,
      description:
        'share of the images that may be rejected, 0 to 1, before the command fails; it fails, too, when none goes in',
    }),
  ],
  nats: natsOption,
} as const;

/** What is not an option. */
const { natsUrl: _, ...ingestVariables } = importEnvironment;
const ENVIRONMENT = { ...ingestVariables, ...kaggleEnvironment, ...bucketEnvironment };

/** Rejections shown one by one; all of them are in the dead-letter stream. */
const MAX_SHOWN_REJECTIONS = 50;

/** `sulcus import PATH`: takes in a folder or what a manifest lists, and ends. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Takes in a folder of images (<class>/<image>, or the same below Training, Validation, Gate or \
Testing), a CSV manifest (path,label[,patient][,study][,split]), or a zip or tar file of either; kaggle:owner/name is \
downloaded and s3://bucket/prefix copied first. The files stay; importing again adds only what is new.`;
  const parsed = parseCommandLine(
    { name: 'sulcus import', description, operand: '<path>', options: OPTIONS, environment: ENVIRONMENT },
    argv,
  );
  if (!parsed) return;
  await runCommand('import', async ({ signal, log, instance, fail }) => {
    const target = await openData(parsed.operand!, { signal });
    const { columns, encoding, sorted } = parsed.options;
    const config = { ...readImportConfig(), natsUrl: parsed.options.nats };
    await using bus = await openBus(config, { name: 'ingest', signal, log, instance, fail });
    const pseudonyms = new Pseudonyms(config.site, await loadPseudonymKey(config.pseudonymKey, config.dataDir, log));
    const events = new IngestEvents(reportOn(bus, instance), log, instance);
    await using ingestor = new Ingestor({ sink: new BrokerSink({ bus, config, events }), config, pseudonyms, events });

    const progress = new ProgressLine();
    const counts = await importPath({ ingestor, events, maxFileBytes: config.maxFileBytes }, target, {
      signal,
      readsOutside: config.readsOutside,
      columns: columns && parseColumns(columns),
      encoding,
      order: sorted ? 'sorted' : 'mixed',
      onWarning: (line) => progress.note(`import: ${line}`),
      onOutcome: (outcome, current, total) => {
        noteRejection(progress, outcome, current.rejected);
        progress.update(current, total);
      },
    });
    const kept = counts.rejected > 0 ? ' · rejected images are kept in the dead-letter stream' : '';
    progress.note(`import: ${counts.offered} images offered · ${summaryOf(counts)}${kept}`);
    const { maxRejected } = parsed.options;
    const isNothingIn = counts.rejected === counts.offered;
    if (!isNothingIn && counts.rejected <= maxRejected * counts.offered) return;
    process.exitCode = 1;
    progress.note(
      isNothingIn
        ? 'import: no image went in'
        : `import: more than ${100 * maxRejected} % of the images were rejected (--max-rejected)`,
    );
  });
}

function noteRejection(
  progress: ProgressLine,
  outcome: IngestOutcome & { readonly file: string },
  rejectedSoFar: number,
): void {
  if (outcome.kind !== 'rejected' || rejectedSoFar > MAX_SHOWN_REJECTIONS) return;
  progress.note(`import: rejected ${outcome.file}: ${outcome.error.message}`);
  if (rejectedSoFar === MAX_SHOWN_REJECTIONS) progress.note('import: further rejections are only counted here');
}
