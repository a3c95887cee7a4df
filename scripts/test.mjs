/**
 * `npm test`: sets up, checks what `npm run verify` checks, and runs the tests (`npm test -- --help`). Ends with the
 * line `N passed, N failed`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './setup/paths.mjs';
import { run } from './setup/process.mjs';
import { SetupError, say } from './setup/output.mjs';
import { ALL_PARTS, setUp } from './setup.mjs';
import { runChecks } from './verify/checks.mjs';
import { listTestFiles, matchFiles } from './test/choose-files.mjs';

/** No test may hang the run; the tests themselves set tighter limits where they wait for something. */
const TEST_TIMEOUT_MS = 300_000;

/** Test files at a time. Some start a broker or an engine, so more would only make them wait for each other. */
const CONCURRENCY = 2;

/**
 * @param {readonly string[]} files @param {readonly string[]} options
 * @returns {Promise<{ passed: number, failed: number, skipped: number, code: number }>}
 */
async function runTests(files, options) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-test-'));
  const counts = path.join(folder, 'counts.json');
  try {
    const { code } = await run(
      process.execPath,
      [
        '--conditions=source',
        '--import',
        'tsx',
        '--enable-source-maps',
        '--test',
        `--test-concurrency=${CONCURRENCY}`,
        `--test-timeout=${TEST_TIMEOUT_MS}`,
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        '--test-reporter=./scripts/test/count-reporter.mjs',
        `--test-reporter-destination=${counts}`,
        ...options,
        ...files,
      ],
      { inherit: true },
    );
    return { ...JSON.parse(readFileSync(counts, 'utf8')), code };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {readonly import('./setup.mjs').Part[]} parts
 * @returns {Promise<boolean>} whether all is there; if not, it is said why
 */
async function bring(parts) {
  try {
    await setUp({ parts });
    return true;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    return false;
  }
}

/** @param {{ passed: number, failed: number, skipped?: number, code?: number }} result */
function report({ passed, failed, skipped = 0, code = 0 }) {
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 || code !== 0 ? 1 : 0;
}

const USAGE = `Usage: npm test                      set-up, the checks of npm run verify, all tests
       npm test -- PATTERN…         only the test files whose path holds one of the patterns, without the checks
       npm test -- --OPTION=VALUE   options of node's test runner, such as --test-name-pattern=…
`;

async function main() {
  const words = process.argv.slice(2);
  if (words.some((word) => word === '-h' || word === '--help')) {
    process.stdout.write(USAGE);
    return;
  }
  const patterns = words.filter((word) => !word.startsWith('-'));
  const files = matchFiles(listTestFiles(root), patterns);
  if (files.length === 0) {
    console.log(`No test file's path holds ${patterns.join(' or ')}.`);
    return report({ passed: 0, failed: 0 });
  }
  if (!(await bring(ALL_PARTS.filter((part) => part !== 'build')))) return report({ passed: 0, failed: 1 });
  // Sources that do not compile fail the checks, yet most tests run from source and say more.
  await bring(['build']);
  const failedChecks = words.length === 0 ? await runChecks() : 0;
  const result = await runTests(
    files,
    words.filter((word) => word.startsWith('-')),
  );
  report({ ...result, failed: result.failed + failedChecks });
}

await main();
