import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

const CLI = path.join(import.meta.dirname, '../../../../services/cli/main.ts');
const EXIT_INVALID_CONFIG = 2;
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-refused-'));
after(() => rmSync(folder, { recursive: true }));

test('a service that refuses its configuration ends the whole, with its mistakes and where they are logged', {
  timeout: 120_000,
}, async () => {
  const launcher = spawn(
    process.execPath,
    [...process.execArgv, CLI, 'up', '--no-live', '--phantoms', '2', '--state', path.join(folder, 'state')],
    {
      env: { ...process.env, SULCUS_DATA_DIR: folder, SULCUS_BATCH_CREDIT: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let errors = '';
  launcher.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(launcher, 'close')) as [number | null];
  assert.equal(code, EXIT_INVALID_CONFIG, errors);
  assert.match(errors, /^sulcus: INVALID_CONFIG: trainer: SULCUS_BATCH_CREDIT/m);
  assert.match(errors, /^sulcus: see .*trainer\.log$/m);
});
