import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const PROGRAM = path.join(import.meta.dirname, '_fixtures/program.js');

const output = (file: string): string =>
  execFileSync(process.execPath, [...process.execArgv, file], { encoding: 'utf8' });

test('a module is the program when it was started, also by a link, and not when another imports it', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-main-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [link, importer] = [path.join(folder, 'link.js'), path.join(folder, 'importer.mjs')];
  symlinkSync(PROGRAM, link);
  writeFileSync(importer, `await import(${JSON.stringify(PROGRAM)});`);
  assert.equal(output(PROGRAM), 'the program\n');
  assert.equal(output(link), 'the program\n');
  assert.equal(output(importer), '');
});
