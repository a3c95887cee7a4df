import { Streams } from '#libs/bus';
import { optional, text } from '#libs/config';
import { codecs } from '#libs/contracts';
import { parseCommandLine, table } from '#libs/service';
import { connectCommand } from '../../shared/connect-command.js';
import { jsonOption, natsOption } from '../../shared/options.js';

const OPTIONS = {
  service: ['--service <name>', optional(text({ description: 'only those that this service gave up' }))],
  code: ['--code <code>', optional(text({ description: 'only those with this error code' }))],
  json: jsonOption('write a line of JSON for each instead of a table'),
  nats: natsOption,
} as const;

/** `sulcus dead list`. What lies on the stream and is no dead letter is listed as such. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Lists what could not be used, oldest first, with its cause.';
  const parsed = parseCommandLine({ name: 'sulcus dead list', description, options: OPTIONS }, argv);
  if (!parsed) return;
  const { service, code, json, nats } = parsed.options;
  await using bus = await connectCommand(nats, 'dead');
  const rows: string[][] = [];
  const following = { stream: Streams.DEAD, codec: codecs.DeadLetter, storedOnly: true } as const;
  const { messages } = await bus.statsOf(Streams.DEAD);
  const { signal } = new AbortController();
  for await (const { message, error, sequence, timeUnixMs } of messages > 0
    ? bus.follow({ ...following, signal })
    : []) {
    const letter = message ?? { service: '', code: error?.code ?? '', cause: `no dead letter: ${error?.rawMessage}` };
    if (service !== undefined && letter.service !== service) continue;
    if (code !== undefined && letter.code !== code) continue;
    const time = new Date(message?.timeUnixMs || timeUnixMs).toISOString();
    const about = { number: sequence, time, service: letter.service, code: letter.code, source: message?.source ?? '' };
    const hasOriginal = message?.original != null;
    if (json) console.log(JSON.stringify({ ...about, cause: letter.cause, hasOriginal, site: message?.site ?? '' }));
    else rows.push([String(sequence), time.slice(0, 16), about.service, about.code, about.source, letter.cause]);
  }
  if (json) return;
  if (rows.length === 0) return console.log('There are no such dead letters');
  console.log(
    table([['number', 'time (UTC)', 'service', 'code', 'source', 'cause'], ...rows], new Set([0])).join('\n'),
  );
}
