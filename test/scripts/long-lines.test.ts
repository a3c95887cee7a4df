import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findLongLines, isForPeople } from '../../scripts/verify/long-lines.mjs';

const LONG = 'x'.repeat(121);

describe('the length of lines', () => {
  it('is 120 columns at most, in characters, whatever the language', () => {
    assert.deepEqual(findLongLines('a.py', `${'x'.repeat(120)}\n${'×'.repeat(120)}\n${LONG}\n`), [
      { line: 3, columns: 121 },
    ]);
  });

  it('is free in rows of Markdown tables alone', () => {
    assert.deepEqual(findLongLines('a.md', `| ${LONG} |\n${LONG}\n`), [{ line: 2, columns: 121 }]);
    assert.deepEqual(findLongLines('a.ts', `| ${LONG} |\n`), [{ line: 1, columns: 125 }]);
  });

  it('is not measured in what programs write', () => {
    const files = ['package-lock.json', 'libs/contracts/generated/scan.ts', 'test/fixtures/nn/keras.json', 'libs/a.ts'];
    assert.deepEqual(files.filter(isForPeople), ['libs/a.ts']);
  });
});
