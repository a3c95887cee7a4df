import { text } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { connectCommand } from '../../shared/connect-command.js';
import { natsOption } from '../../shared/options.js';
import { anythingAt, settleLetter } from './letters.js';

const OPTIONS = {
  reason: ['--reason <text>', text({ description: 'why, for the record' })],
  nats: natsOption,
} as const;

/** `sulcus dead discard NUMBER…`. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Deletes dead letters with their originals, and puts on record why.';
  const parsed = parseCommandLine(
    { name: 'sulcus dead discard', description, operand: '<number...>', options: OPTIONS },
    argv,
  );
  if (!parsed) return;
  await using bus = await connectCommand(parsed.options.nats, 'dead');
  for (const word of parsed.operands) {
    const letter = await anythingAt(bus, word);
    await settleLetter(bus, letter, `discarded: ${parsed.options.reason}`);
    console.log(`${letter.number}: discarded`);
  }
}
