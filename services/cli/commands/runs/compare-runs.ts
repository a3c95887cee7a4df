import { SulcusError } from '#libs/errors';
import { parseCommandLine, table } from '#libs/service';
import { comparisonChart } from '../../report/index.js';
import { connectCommand } from '../../shared/connect-command.js';
import { jsonOption, natsOption, outputOption } from '../../shared/options.js';
import { percent } from '../../shared/percent.js';
import { writeOutput } from '../../shared/write-output.js';
import { findRuns } from './read-runs.js';
import { recipeDifferences } from './recipe-differences.js';
import { readValidations } from './validations.js';

const OPTIONS = {
  json: jsonOption(),
  output: outputOption('<file>', 'draw the validation curves there, as SVG'),
  nats: natsOption,
} as const;

/** `sulcus runs compare RUN…`: what differs between runs, and which does better. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus runs compare',
      description: 'Compares runs: the settings that differ, their best figures, and their curves in one picture.',
      options: OPTIONS,
      operand: '<run...>',
      notes: 'Curves are those of the validations on the stream EVENTS; where these are gone, those of the versions.',
    },
    argv,
  );
  if (!parsed) return;
  const names = parsed.operands;
  if (names.length < 2) throw new SulcusError('INVALID_CONFIG', 'give two runs or more: sulcus runs lists them');
  await using bus = await connectCommand(parsed.options.nats, 'runs');
  const runs = await findRuns(bus, names);
  const differences = recipeDifferences(
    runs.map(({ recipe, batchSize, classes, seed }) => ({
      ...recipe,
      ...(batchSize && { batchSize: batchSize.size }),
      classes,
      seed,
    })),
  );
  const curves = await readValidations(bus, names);
  if (parsed.options.output !== undefined) await writeOutput(comparisonChart(curves), parsed.options.output);
  if (parsed.options.json) {
    console.log(JSON.stringify({ runs, differences, validations: Object.fromEntries(curves) }, undefined, 2));
    return;
  }
  const best = (value: (loss: number, accuracy: number) => string): string[] =>
    runs.map((run) => (run.best ? value(run.best.loss, run.best.accuracy) : ''));
  const rows = [
    ['', ...names],
    ...differences.map(({ setting, values }) => [setting, ...values.map((value) => value ?? '–')]),
    ['steps', ...runs.map(({ steps }) => String(steps))],
    ['images', ...runs.map(({ samples }) => String(samples))],
    ['best validation loss', ...best((loss) => loss.toFixed(4))],
    ['its accuracy', ...best((_, accuracy) => percent(accuracy))],
    ['its version', ...runs.map((run) => run.best?.version ?? '')],
  ];
  console.log(table(rows, new Set()).join('\n'));
}
