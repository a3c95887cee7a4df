/** `npm run test:files -- FILE…`: compiles the tests and runs some files, with options of node's test runner. */
import { handOver } from '../setup/process.mjs';
import { SetupError, say } from '../setup/output.mjs';
import { compiledTest, compileTests } from './compile.mjs';

try {
  await compileTests();
  const words = process.argv.slice(2).map((word) => (word.endsWith('.test.ts') ? compiledTest(word) : word));
  handOver(process.execPath, ['--enable-source-maps', '--test', '--test-concurrency=2', ...words]);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
