/** A predictor process under load over gRPC: `npm run bench:serve -- --help`. */
import { report } from './run.js';
import { measureBadRequests } from './serve/bad-requests.js';
import { startEngineContestant } from './serve/engine.js';
import { readServeOptions, type ServeBenchOptions } from './serve/options.js';
import { serveJson, serveTables } from './serve/report.js';
import { startStack } from './serve/stack.js';
import { measureSwaps } from './serve/swaps.js';
import { measureLoads } from './serve/turns.js';

async function runBenchmark(options: ServeBenchOptions): Promise<string> {
  await using stack = await startStack(options);
  const batched = await stack.startPredictor('batched', options.batch);
  const predictors = [
    batched,
    ...(options.unbatched ? [await stack.startPredictor('unbatched', 1)] : []),
    ...(options.tls ? [await stack.startPredictor('tls', options.batch, true)] : []),
  ];
  await using engine = options.engine ? await startEngineContestant(options) : undefined;
  const loads = await measureLoads(predictors, options, async (seconds) => engine?.measure(seconds));
  const swaps =
    options.swaps > 0
      ? await measureSwaps(stack, batched, options, (done) => showProgress(done, options.swaps))
      : undefined;
  const bad = options.badRequests > 0 ? await measureBadRequests(batched, options) : undefined;
  const result = { loads, engine: engine?.results() ?? [], swaps, bad };
  return options.json ? serveJson(options, result) : serveTables(options, result);
}

function showProgress(done: number, total: number): void {
  if (process.stderr.isTTY) process.stderr.write(done === total ? '\r\x1b[2K' : `\r${done} of ${total} swaps`);
}

await report('serve', async () => {
  const options = readServeOptions(process.argv.slice(2));
  return options && (await runBenchmark(options));
});
