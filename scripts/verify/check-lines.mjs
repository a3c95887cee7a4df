/** Fails when a line that people read is longer than 120 columns, and lists them. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { run } from '../setup/process.mjs';
import { root } from '../setup/paths.mjs';
import { NOT_CHECKED } from './checks.mjs';
import { MAX_COLUMNS, findLongLines, isForPeople } from './long-lines.mjs';

const { code, stdout, stderr } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
if (code !== 0) {
  console.log(`Not measured, because git does not list the files: ${stderr.trim()}`);
  process.exit(NOT_CHECKED);
}
const offenders = stdout
  .split('\0')
  .filter((file) => file && isForPeople(file) && statSync(path.join(root, file), { throwIfNoEntry: false })?.isFile())
  .flatMap((file) =>
    findLongLines(file, readFileSync(path.join(root, file), 'utf8')).map(
      ({ line, columns }) => `${file}:${line}  ${columns} columns`,
    ),
  );
if (offenders.length > 0) {
  console.error(
    `${offenders.join('\n')}\n${offenders.length} lines are longer than ${MAX_COLUMNS} columns: break them.`,
  );
  process.exitCode = 1;
} else console.log(`No line is longer than ${MAX_COLUMNS} columns.`);
