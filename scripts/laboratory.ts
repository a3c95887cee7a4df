/** A fault laboratory: `npm run test:faults -- --help`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { reportFailure } from '#libs/service';
import { readLaboratoryOptions, type LaboratoryOptions } from './laboratory/options.js';
import { isClean, type RoundOutcome } from './laboratory/outcome.js';
import { describeRound, summarise, summaryJson, summaryTable } from './laboratory/report.js';
import { calmRun, faultyRun } from './laboratory/round.js';
import { drawFaults } from './laboratory/schedule.js';
import { writeImages } from './laboratory/stand/images.js';

/** Long enough for several faults, short enough for many rounds. */
const EPOCHS = 24;

async function main(options: LaboratoryOptions): Promise<void> {
  const { rounds, seed, only, json, kinds } = options;
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const rerun = (round: RoundOutcome): string =>
    `npm run test:faults -- --rounds 1 --seed ${round.seed}${only ? ` --only ${only.join(',')}` : ''}`;
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-laboratory-'));
  const images = await writeImages(path.join(folder, 'images'));
  tell(`${images.count} images; a run left alone first`);
  const startedMs = performance.now();
  const calm = await calmRun({ folder: path.join(folder, 'calm'), images, epochs: EPOCHS });
  tell(`it took ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
  const outcomes: RoundOutcome[] = [];
  for (let each = seed; each < seed + rounds; each++) {
    const stand = { folder: path.join(folder, `seed-${each}`), images, epochs: EPOCHS };
    const outcome = await faultyRun(stand, { seed: each, faults: drawFaults(kinds, each), calm });
    outcomes.push(outcome);
    tell(describeRound(outcome, rerun));
  }
  const summary = summarise(outcomes, {});
  process.stdout.write(`${json ? summaryJson(summary) : summaryTable(summary)}\n`);
  if (outcomes.every(isClean)) await rm(folder, { recursive: true, force: true });
  else process.exitCode = 1;
}

try {
  const options = readLaboratoryOptions(process.argv.slice(2));
  if (options) await main(options);
} catch (error) {
  reportFailure('test:faults', error);
}
