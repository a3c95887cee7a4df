/**
 * `npm test`: sets up, checks what `npm run verify` checks, and runs the tests (`npm test -- --help`). Ends with the
 * line `N passed, N failed`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './setup/paths.mjs';
import { readJson, writeJson } from './setup/files.mjs';
import { run } from './setup/process.mjs';
import { SetupError, say } from './setup/output.mjs';
import { ALL_PARTS, setUp } from './setup.mjs';
import { runChecks } from './verify/checks.mjs';
import { listTestFiles, matchFiles, slowFirst, withoutSystem } from './test/choose-files.mjs';
import { compiledTest, compileTests } from './test/compile.mjs';

const NAME_PATTERN = '--test-name-pattern=';

/**
 * @param {readonly string[]} files @param {readonly string[]} namePatterns
 * @returns {Promise<{ passed: number, failed: number, skipped: number, code: number }>}
 */
async function runTests(files, namePatterns) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-test-'));
  const [plan, counts] = [path.join(folder, 'plan.json'), path.join(folder, 'counts.json')];
  try {
    writeJson(plan, { files: files.map(compiledTest), namePatterns, counts });
    const { code } = await run(process.execPath, ['--enable-source-maps', 'scripts/test/run.mjs', plan], {
      inherit: true,
    });
    return { passed: 0, failed: 1, skipped: 0, ...readJson(counts), code };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {() => Promise<void>} bringing what may not be had
 * @returns {Promise<boolean>} whether all is there; if not, it is said why
 */
async function bring(bringing) {
  try {
    await bringing();
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

const ALL = '--all';

const USAGE = `Usage: npm test                set-up, the checks of npm run verify, tests of parts and services
       npm test -- ${ALL}       these, and those of whole systems, which npm run test:system runs alone
       npm test -- PATTERN…   only the test files whose path holds one of the patterns, without the checks
       npm test -- ${NAME_PATTERN}PATTERN   only the tests whose title it matches
`;

async function main() {
  const words = process.argv.slice(2);
  if (words.some((word) => word === '-h' || word === '--help')) {
    process.stdout.write(USAGE);
    return;
  }
  const options = words.filter((word) => word.startsWith('-'));
  const unknown = options.filter((word) => word !== ALL && !word.startsWith(NAME_PATTERN));
  if (unknown.length > 0) {
    process.stderr.write(`${unknown.join(' ')}: there is no such option\n${USAGE}`);
    return report({ passed: 0, failed: 0 });
  }
  const patterns = words.filter((word) => !word.startsWith('-'));
  const found = matchFiles(listTestFiles(root), patterns);
  const files = slowFirst(patterns.length > 0 || options.includes(ALL) ? found : withoutSystem(found));
  if (files.length === 0) {
    console.log(`No test file's path holds ${patterns.join(' or ')}.`);
    return report({ passed: 0, failed: 0 });
  }
  if (!(await bring(() => setUp({ parts: ALL_PARTS.filter((part) => part !== 'build') }))))
    return report({ passed: 0, failed: 1 });
  // Types that do not fit fail the checks, yet most tests run and say more.
  await bring(() => setUp({ parts: ['build'] }));
  if (!(await bring(compileTests))) return report({ passed: 0, failed: 1 });
  const failedChecks = words.every((word) => word === ALL) ? await runChecks() : 0;
  const result = await runTests(
    files,
    options.filter((option) => option !== ALL).map((option) => option.slice(NAME_PATTERN.length)),
  );
  report({ ...result, failed: result.failed + failedChecks });
}

await main();
