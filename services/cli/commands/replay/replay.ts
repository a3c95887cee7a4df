import { connectBus } from '#libs/bus';
import { number, optional, text } from '#libs/config';
import { parseCommandLine, runService } from '#libs/service';
import { compare, recall, replay } from '#services/predictor';
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
          'largest difference of a probability that passes (default: 0 on the same processor, library and threads; elsewhere 1e-4, in bfloat16 2e-2)',
      }),
    ),
  ],
  nats: natsOption,
} as const;

/**
 * `sulcus replay <prediction id>`: makes a recorded prediction again and compares. Exit code 0 when the numbers are the same, 1 when they are not or
 * the prediction cannot be made again, 2 for wrong options.
 *
 * @param argv the words after the command's name
 */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Makes a recorded prediction again, with the model version, preparation and arithmetic of then, and compares the numbers. Exit code 0: the same; 1: not, or it cannot be made again.';
  const parsed = parseCommandLine({ name: 'sulcus replay', description, operand: '<prediction>', options }, argv);
  if (!parsed) return;
  await runService('replay', async ({ signal }) => {
    const { nats: natsUrl } = parsed.options;
    await using bus = await connectBus({ servers: natsUrl, name: 'replay', signal });
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
