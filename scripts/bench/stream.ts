/** What one image of an endless stream costs, early and late: `npm run bench:stream -- --help`. */
import { report } from './run.js';
import { measureStream } from './stream/measure-stream.js';
import { readStreamOptions } from './stream/options.js';
import { streamJson, streamTable } from './stream/report.js';
import { startStreamStack } from './stream/stack.js';

await report('stream', async () => {
  const options = readStreamOptions(process.argv.slice(2));
  if (!options) return undefined;
  await using stack = await startStreamStack(options);
  const result = await measureStream(stack, options);
  return options.json ? streamJson(result) : streamTable(result);
});
