/**
 * Runs compiled test files, begun in the order given: `node run.mjs PLAN`, a JSON file with `files`, `namePatterns` and
 * `counts`, the file that gets how many tests passed, failed and were skipped. Node's own command sorts files by name.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import countTests from './count-reporter.mjs';

/** No test may hang the run; the tests themselves set tighter limits where they wait for something. */
const TEST_TIMEOUT_MS = 300_000;

/** Test files at a time: two for each core of a small machine, as many wait for what they have started. */
const CONCURRENCY = 4;

const { files, namePatterns, counts } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));

const events = run({ files, testNamePatterns: namePatterns, concurrency: CONCURRENCY, timeout: TEST_TIMEOUT_MS });
const counting = (async () => {
  for await (const line of countTests(events)) writeFileSync(counts, line);
})();
events.compose(new spec()).pipe(process.stdout);
await counting;
