import { writeFile } from 'node:fs/promises';
import { SulcusError } from '#libs/errors';
import { parseCommandLine } from '#libs/service';
import { connectCommand } from '../../shared/connect-command.js';
import { natsOption, outputOption } from '../../shared/options.js';
import { letterAt, originalOf } from './letters.js';

const OPTIONS = {
  output: outputOption('<file>', 'write the original there, byte for byte'),
  nats: natsOption,
} as const;

/** `sulcus dead show NUMBER`: JSON, without the bytes of the original. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Shows a dead letter as JSON; its original is written to a file when one is named.';
  const parsed = parseCommandLine(
    { name: 'sulcus dead show', description, operand: '<number>', options: OPTIONS },
    argv,
  );
  if (!parsed) return;
  await using bus = await connectCommand(parsed.options.nats, 'dead');
  const { number, letter } = await letterAt(bus, parsed.operand!);
  const bytes = await originalOf(bus, letter);
  const { original: _, ...about } = letter;
  console.log(JSON.stringify({ number, ...about, originalBytes: bytes?.length ?? 0 }, null, 2));
  if (parsed.options.output === undefined) return;
  if (!bytes) throw new SulcusError('NOT_FOUND', `The original of ${number} was not kept: nothing is written`);
  await writeFile(parsed.options.output, bytes);
}
