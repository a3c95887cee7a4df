/**
 * Whether learning from a stream comes close to learning from everything at once: `npm run test:learning -- --help`.
 * Its figures are in docs/learning-from-a-stream.md.
 */
import { reportFailure } from '#libs/service';
import { exportScenarios } from './learning/export.js';
import { measureLearning } from './learning/measure.js';
import { readLearningOptions, type LearningOptions } from './learning/options.js';
import { learningJson, learningText } from './learning/report.js';
import { missedTargets } from './learning/targets.js';

async function compare(options: LearningOptions): Promise<string> {
  const results = await measureLearning(options, (scenario, result) =>
    process.stderr.write(`${scenario} ${JSON.stringify(result)}\n`),
  );
  const missed = results.flatMap(missedTargets);
  for (const sentence of missed) process.stderr.write(`${sentence}\n`);
  if (missed.length > 0) process.exitCode = 1;
  return options.json ? learningJson(options, results) : learningText(options, results);
}

try {
  const options = readLearningOptions(process.argv.slice(2));
  if (options?.export !== undefined) console.log(await exportScenarios(options.export, options));
  else if (options) console.log(await compare(options));
} catch (error) {
  reportFailure('test:learning', error);
}
