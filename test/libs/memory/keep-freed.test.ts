import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';

const FIXTURE = path.join(import.meta.dirname, '_fixtures/buffers.js');

/** Pages that the system has to clear for a buffer of half a megabyte, once many came before it. */
const faultsPerBuffer = (...args: string[]): number =>
  Number(execFileSync(process.execPath, [FIXTURE, ...args], { encoding: 'utf8' }));

const isGlibc = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime;

test('buffers get memory that was freed before, without pages from the system', {
  skip: isGlibc ? false : 'another C library than glibc',
}, () => {
  const [without, kept] = [faultsPerBuffer(), faultsPerBuffer('keep')];
  assert.ok(kept < without / 2, `${kept} pages a buffer, ${without} without`);
});
