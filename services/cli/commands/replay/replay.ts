import { number, optional, text } from '#libs/config';
import { parseCommandLine, runCommand } from '#libs/service';
import { compare, recall, replay } from '#services/predictor';
import { connectCommand } from '../../shared/connect-command.js';
import { jsonOption, natsOption } from '../../shared/options.js';
import { toJson, toText } from './output.js';

const options = {
  image: [
    '--image <file>',
    optional(
      text({
        description: 'the image that was predicted, when it was not kept; for raw pixels a file of exactly their bytes',
      }),
    ),
  ],
  json: jsonOption(),
  tolerance: [
    '--tolerance <p>',
    optional(
      number({
        min: 0,
        max: 1,
        description:
          'largest difference of a probability that passes (default: 0 on the same processor, library and threads; ' +
          'elsewhere 1e-4, in bfloat16 2e-2)',
      }),
    ),
  ],
  nats: natsOption,
} as const;

const notes = 'Exit code: 0 when the numbers are the same, 1 when not or it cannot be made again, 2 for wrong options.';

/** `sulcus replay PREDICTION`: makes a recorded prediction again and compares. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Makes a recorded prediction again, with the model version, preparation and arithmetic of then, \
and compares the numbers.`;
  const parsed = parseCommandLine(
    { name: 'sulcus replay', description, operand: '<prediction>', options, notes },
    argv,
  );
  if (!parsed) return;
  await runCommand('replay', async ({ signal }) => {
    const { nats: natsUrl } = parsed.options;
    await using bus = await connectCommand(natsUrl, 'replay', signal);
    const { record, card, input } = await recall(bus, parsed.operand!.toLowerCase(), parsed.options.image);
    const replayed = await replay({ record, card, input: input.bytes, natsUrl, signal });
    const report = {
      record,
      replayed,
      comparison: compare(record, replayed, parsed.options.tolerance),
      inputSource: input.source,
    };
    process.stdout.write(parsed.options.json ? `${toJson(report)}\n` : toText(report));
    if (report.comparison.verdict === 'different') process.exitCode = 1;
  });
}
