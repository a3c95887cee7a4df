import type { SulcusError } from '#libs/errors';
import { parseCommandLine, table } from '#libs/service';
import { connectCommand } from '../../shared/connect-command.js';
import { jsonOption, natsOption } from '../../shared/options.js';
import { percent } from '../../shared/percent.js';
import { readRuns } from './read-runs.js';
import type { RunRecord } from './run-record.js';

/** Labels outside the class list that are named: those of the most images. */
const NAMED_LABELS = 3;

const OPTIONS = { json: jsonOption(), nats: natsOption } as const;

/** `sulcus runs`: the runs there are. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus runs',
      description:
        'Lists the training runs, the one heard of last first: how far they are, how many images wait for a label of ' +
        'their classes, their best version.',
      options: OPTIONS,
      notes: 'sulcus runs compare RUN RUN… shows what differs, with curves; sulcus runs delete RUN forgets one.',
    },
    argv,
  );
  if (!parsed) return;
  await using bus = await connectCommand(parsed.options.nats, 'runs');
  const tell = (run: string, { code, rawMessage }: SulcusError): void =>
    void process.stderr.write(`runs: bad checkpoint of ${run}: ${code}: ${rawMessage}\n`);
  const runs = await readRuns(bus, tell);
  if (parsed.options.json) console.log(JSON.stringify(runs, undefined, 2));
  else if (runs.length === 0) console.log('There is no run yet');
  else console.log(table([HEADER, ...runs.map(row)], new Set([3, 5, 7, 9, 10])).join('\n'));
}

const HEADER = [
  'run',
  'recipe',
  'mode',
  'steps',
  'learned',
  'unlabelled',
  'classes',
  'versions',
  'best',
  'loss',
  'accuracy',
  'active (UTC)',
];

const row = ({ run, recipe, mode, steps, best, activeUnixMs, ...record }: RunRecord): string[] => [
  run,
  typeof recipe['name'] === 'string' ? recipe['name'] : '',
  mode,
  String(steps),
  record.arrivals === undefined ? `${record.epochs} epochs` : `${record.arrivals} images`,
  describeUnlabelled(record),
  record.classes.join(', '),
  String(record.versions),
  best?.version ?? '',
  best ? best.loss.toFixed(4) : '',
  best ? percent(best.accuracy) : '',
  new Date(activeUnixMs).toISOString().slice(0, 16).replace('T', ' '),
];

/** For example `13 (12 astrocytoma)`: how many wait, and those of them whose label is not in the class list. */
function describeUnlabelled({
  unlabelled,
  unknownLabels = {},
}: Pick<RunRecord, 'unlabelled' | 'unknownLabels'>): string {
  const byCount = Object.entries(unknownLabels).sort(([, left], [, right]) => right - left);
  const named = byCount.slice(0, NAMED_LABELS).map(([label, count]) => `${count} ${label}`);
  const more = byCount.length > NAMED_LABELS ? ', …' : '';
  return `${unlabelled ?? ''}${named.length === 0 ? '' : ` (${named.join(', ')}${more})`}`;
}
