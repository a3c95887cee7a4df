import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { run } from '../../scripts/setup/process.mjs';
import { root } from '../../scripts/setup/paths.mjs';
import { listTestFiles, matchFiles, SLOW_FILES, slowFirst } from '../../scripts/test/choose-files.mjs';

const FILES = {
  'mixed.test.mjs': `import { describe, it } from 'node:test';
    describe('suite', () => {
      it('passes', () => {});
      it('fails', () => { throw new Error('no'); });
      it('is skipped', { skip: true }, () => {});
    });`,
  'crash.test.mjs': `import { it } from 'node:test'; it('passes', () => {}); setImmediate(() => process.exit(3));`,
  'broken.test.mjs': `import './nowhere.mjs';`,
};

describe('the counts at the end of a test run', () => {
  it('are of tests, not suites, and a file that breaks counts as failed', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-count-'));
    try {
      for (const [name, text] of Object.entries(FILES)) writeFileSync(path.join(folder, name), text);
      // The runner tells its children by this variable that they are inside a run; this one is a run of its own.
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const { stdout } = await run(
        process.execPath,
        [
          '--test',
          `--test-reporter=${root}/scripts/test/count-reporter.mjs`,
          ...Object.keys(FILES).map((name) => path.join(folder, name)),
        ],
        { env },
      );
      const { passed, failed, skipped } = JSON.parse(stdout) as Record<string, number>;
      assert.deepEqual({ failed, skipped }, { failed: 3, skipped: 1 });
      assert.ok(passed === 1 || passed === 2, 'the test before a crash may or may not have been reported');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the choice of test files', () => {
  const files = ['test/libs/bus/a.test.ts', 'test/libs/nn/b.test.ts'];
  it('is all files without a pattern, else those whose path holds one', () => {
    assert.deepEqual(matchFiles(files, []), files);
    assert.deepEqual(matchFiles(files, ['libs/nn']), [files[1]]);
    assert.deepEqual(matchFiles(files, ['none']), []);
  });

  it('begins with those that take long, and loses none', () => {
    const all = listTestFiles(root);
    const ordered = slowFirst(all);
    assert.deepEqual(ordered.slice(0, SLOW_FILES.length), SLOW_FILES);
    assert.deepEqual(ordered.toSorted(), all);
  });
});
