import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { runsFolder } from '../../../../services/cli/shared/paths.js';

test('sulcus trace reads what npm start wrote, from whatever folder it is called', async (t) => {
  const [before, elsewhere] = [process.cwd(), mkdtempSync(path.join(tmpdir(), 'sulcus-trace-'))];
  process.chdir(elsewhere);
  t.after(() => {
    process.chdir(before);
    rmSync(elsewhere, { recursive: true });
  });
  const { main } = await import('../../../../services/cli/commands/trace.js');
  const printed: string[] = [];
  t.mock.method(process.stdout, 'write', (chunk: string) => printed.push(chunk) > 0);
  await main(['--help']);
  t.mock.restoreAll();
  const help = printed.join('').replaceAll(/\s+/g, ' ');
  assert.ok(help.includes(`(default: ${path.join(runsFolder(), 'latest', 'traces')})`), help);
});
