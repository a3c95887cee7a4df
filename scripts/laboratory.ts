/** A fault laboratory: `npm run test:faults -- --help`. */
import { reportFailure } from '#libs/service';
import { runLaboratory } from './laboratory/laboratory.js';
import { readLaboratoryOptions, type LaboratoryOptions } from './laboratory/options.js';
import { isClean, type RoundOutcome } from './laboratory/outcome.js';
import { describeRound, summarise, summaryJson, summaryTable } from './laboratory/report.js';

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

async function main({
  rounds,
  seed,
  epochs,
  servers,
  json,
  kinds,
  skipped,
  settings,
  given,
}: LaboratoryOptions): Promise<void> {
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const rerun = (round: RoundOutcome): string =>
    ['npm run test:faults -- --rounds 1 --seed', round.seed, ...given].join(' ');
  for (const [kind, reason] of Object.entries(skipped)) tell(`${kind} is skipped: ${reason}`);
  const onRound = (round: RoundOutcome): void => tell(describeRound(round, rerun));
  const outcomes = await runLaboratory({ kinds, rounds, seed, epochs, servers, settings, tell, onRound });
  const summary = summarise(outcomes, skipped);
  process.stdout.write(`${json ? summaryJson(summary) : summaryTable(summary)}\n`);
  // Connections to brokers that were taken away have nothing to wait for any more.
  process.exit(outcomes.every(isClean) ? 0 : 1);
}

try {
  const options = readLaboratoryOptions(process.argv.slice(2));
  if (options) await main(options);
} catch (error) {
  reportFailure('test:faults', error);
}
