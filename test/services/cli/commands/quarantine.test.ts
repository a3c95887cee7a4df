import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Quarantine } from '#services/ingest';
import { main } from '../../../../services/cli/commands/quarantine/quarantine.js';
import { isCode } from '../../../helpers/errors.js';
import { commandOutput } from '../../../helpers/command-output.js';

test('what is held is listed oldest first with its cause, and deleted by name: all or none', async (t) => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'sulcus-quarantine-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const run = (...words: string[]): Promise<string> => commandOutput(main, [...words, '--data-dir', dataDir]);
  assert.match(await run('list'), /Nothing is held/);
  const quarantine = new Quarantine(path.join(dataDir, 'quarantine'), 1e6);
  await quarantine.keep(Buffer.from('first'), { source: 'from MR1', code: 'IMAGE_UNSUPPORTED', reason: 'burned in' });
  const refused = new Quarantine(path.join(dataDir, 'refused'), 1e6, '');
  const note = { source: 'a.png', patientId: 'local-0123', code: 'IMAGE_TRUNCATED', reason: 'ends early' };
  await refused.keep(Buffer.from('second'), note);
  const text = await run('list');
  assert.match(text, /IMAGE_UNSUPPORTED +from MR1 +burned in\n.*IMAGE_TRUNCATED +a\.png +ends early\n2 objects/);
  const lines = (await run('list', '--json')).trim().split('\n');
  const held = lines.map((line) => JSON.parse(line) as { name: string; code: string; sizeBytes: number });
  assert.deepEqual(
    held.map(({ code, sizeBytes }) => [code, sizeBytes]),
    [
      ['IMAGE_UNSUPPORTED', 5],
      ['IMAGE_TRUNCATED', 6],
    ],
  );
  const [first] = held;
  await assert.rejects(run('discard', first!.name.slice(0, 8), '00000000'), isCode('NOT_FOUND'));
  assert.equal((await readdir(path.join(dataDir, 'quarantine'))).length, 2);
  assert.match(await run('discard', first!.name.slice(0, 8)), /1 object is deleted/);
  assert.deepEqual(await readdir(path.join(dataDir, 'quarantine')), []);
  assert.match(await run('list'), /1 objects/);
  assert.match(await run('discard', 'local-0123'), /1 object is deleted/, 'all of a patient');
  assert.match(await run('list'), /Nothing is held/);
});
