import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { compile } from '../../scripts/setup/native-module.mjs';

test("a compiler's first error is told, on a machine of whatever language", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-compiler-'));
  const before = process.env['LC_ALL'];
  t.after(() => {
    rmSync(folder, { recursive: true });
    if (before === undefined) delete process.env['LC_ALL'];
    else process.env['LC_ALL'] = before;
  });
  process.env['LC_ALL'] = 'de_DE.UTF-8';
  const compiler = path.join(folder, 'g++');
  const speaks =
    '[ "$LC_ALL" = C ] && echo "a.cc:1:2: error: half a thought" || echo "a.cc:1:2: Fehler: halber Gedanke"';
  writeFileSync(compiler, `#!/bin/sh\n{ ${speaks}; echo "compilation terminated."; } >&2\nexit 1\n`, { mode: 0o755 });
  await assert.rejects(compile('a part', compiler, []), {
    message: 'a part did not compile (a.cc:1:2: error: half a thought).',
  });
});
