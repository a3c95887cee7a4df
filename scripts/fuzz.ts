/** Inputs that are damaged on purpose: `npm run test:fuzz -- --help`. */
import path from 'node:path';
import { reportFailure } from '#libs/service';
import { fuzz } from './fuzz/fuzz.js';
import { readFuzzOptions } from './fuzz/options.js';
import { describeFinding, fuzzTable } from './fuzz/report.js';

const FOLDER = path.resolve(import.meta.dirname, '../.sulcus/fuzz');

try {
  const options = readFuzzOptions(process.argv.slice(2));
  if (options) {
    const { json, only, ...given } = options;
    const result = await fuzz({ ...given, only: only.length === 0 ? undefined : only, folder: FOLDER });
    for (const finding of result.findings) process.stderr.write(`${describeFinding(finding)}\n`);
    process.stdout.write(`${json ? JSON.stringify(result) : fuzzTable(result)}\n`);
    process.exitCode = result.findings.length > 0 ? 1 : 0;
  }
} catch (error) {
  reportFailure('test:fuzz', error);
}
