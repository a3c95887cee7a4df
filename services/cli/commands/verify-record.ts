import type { Decision } from '#libs/contracts';
import { flag, optional, text } from '#libs/config';
import { readDecisions } from '#libs/decisions';
import { SulcusError } from '#libs/errors';
import { parseCommandLine } from '#libs/service';
import { connectCommand } from '../shared/connect-command.js';
import { jsonOption, natsOption } from '../shared/options.js';
import { requireState } from '../shared/require-state.js';

const OPTIONS = {
  head: [
    '--head <hash>',
    optional(text({ description: 'hash noted at an earlier look: its entry must be in the record still' })),
  ],
  list: ['--list', flag({ default: false, description: 'print the decisions too, oldest first' })],
  json: jsonOption('write one line of JSON: {sound, entries, head, broken?: {number, why}, decisions?}'),
  nats: natsOption,
} as const;

const NOTES = `Exit code 0: the chain is whole; 1: it is broken, and the first break is named; 2: it could not be \
looked at. Note the hash of the last entry where nobody who can reach the broker can write, and give it to --head \
later: then an end that was cut off, or a record that was written anew, shows too.`;

/** `sulcus verify-record`: follows the chain of the record of decisions. */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Checks the record of decisions (promotions, rollbacks, freezes, withdrawals, rules): every entry is there and ' +
    'names the hash of the one before.';
  const parsed = parseCommandLine({ name: 'sulcus verify-record', description, options: OPTIONS, notes: NOTES }, argv);
  if (!parsed) return;
  const { json, list, head: expected, nats } = parsed.options;
  try {
    await using bus = await connectCommand(nats, 'verify-record');
    await requireState(bus);
    const decisions: Decision[] = [];
    let [entries, head] = [0, ''];
    let broken: { number: number; why: string } | undefined;
    let isNotedThere = expected === undefined;
    for await (const read of readDecisions(bus, new AbortController().signal)) {
      if (read.why !== undefined) {
        broken = read;
        break;
      }
      entries++;
      head = read.hash;
      isNotedThere ||= head === expected;
      if (list && json) decisions.push(read.decision);
      else if (list) console.log(line(read.decision));
    }
    if (!isNotedThere)
      broken ??= { number: entries + 1, why: `the record has no entry with the noted hash ${expected}` };
    const sound = broken === undefined;
    if (json)
      console.log(JSON.stringify({ sound, entries, head, ...(broken && { broken }), ...(list && { decisions }) }));
    else console.log(sentence(entries, head, broken));
    process.exitCode = sound ? 0 : 1;
  } catch (thrown) {
    const { code, rawMessage } = SulcusError.from(thrown);
    process.stderr.write(`verify-record: cannot check: ${code}: ${rawMessage}\n`);
    process.exitCode = 2;
  }
}

const sentence = (entries: number, head: string, broken: { number: number; why: string } | undefined): string =>
  broken
    ? `broken at entry ${broken.number}: ${broken.why}; the ${entries} before are sound`
    : entries === 0
      ? 'nothing has been decided yet'
      : `${entries} decisions, each behind the one before; the last is ${head}`;

const KIND = /^KIND_/;

function line({
  number,
  kind,
  timeUnixMs,
  by,
  reason,
  alias,
  version,
  previousVersion,
  run,
  samples,
  after,
}: Decision): string {
  const what = kind.replace(KIND, '').toLowerCase().replaceAll('_', ' ');
  const versions = [previousVersion, version].filter((name) => name !== '').join(' → ');
  const about = [
    alias,
    versions,
    version === '' ? run : '',
    samples.length > 0 ? `${samples.length} samples` : '',
    after,
  ]
    .filter((part) => part !== '')
    .join(' ');
  return `${number}  ${new Date(timeUnixMs).toISOString()}  ${what} ${about}: ${reason} [${by}]`;
}
