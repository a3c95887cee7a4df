import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { createLogger } from '#libs/telemetry';
import { loadPseudonymKey, readConfig } from '#services/ingest';
import { temporaryFolder } from './_ingest.js';

function recordingLog() {
  const lines: { level: string; msg: string; file?: string }[] = [];
  return {
    lines,
    log: createLogger('test', { write: (line) => lines.push(JSON.parse(line) as (typeof lines)[number]) }),
  };
}

test('a missing key is made once, for its owner only, and said aloud', async (t) => {
  const folder = await temporaryFolder(t);
  const { lines, log } = recordingLog();
  const key = await loadPseudonymKey(undefined, folder, log);
  assert.equal(key.length, 32);
  const file = path.join(folder, 'keys', 'pseudonym.key');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal(lines.length, 1);
  assert.match(lines[0]!.msg, /made a new pseudonym key: back it up/);
  assert.equal(lines[0]!.file, file);

  const again = recordingLog();
  assert.deepEqual(await loadPseudonymKey(undefined, folder, again.log), key);
  assert.equal(again.lines.length, 0);
});

test('services that start at the same moment get the same key', async (t) => {
  const folder = await temporaryFolder(t);
  const keys = await Promise.all(
    Array.from({ length: 8 }, () => loadPseudonymKey(undefined, folder, recordingLog().log)),
  );
  assert.equal(new Set(keys.map((key) => key.toString('hex'))).size, 1);
});

test('a damaged key is refused, never replaced', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, 'keys'));
  const file = path.join(folder, 'keys', 'pseudonym.key');
  await writeFile(file, 'half a k');
  await assert.rejects(loadPseudonymKey(undefined, folder, recordingLog().log), { code: 'INVALID_CONFIG' });
  assert.equal(await readFile(file, 'utf8'), 'half a k');
});

test('a key that others may read is warned of', async (t) => {
  const folder = await temporaryFolder(t);
  await loadPseudonymKey(undefined, folder, recordingLog().log);
  await chmod(path.join(folder, 'keys', 'pseudonym.key'), 0o644);
  const { lines, log } = recordingLog();
  await loadPseudonymKey(undefined, folder, log);
  assert.match(lines[0]!.msg, /chmod 600/);
});

test('all mistakes of the environment are reported together, without secrets', () => {
  const environment = {
    SULCUS_SITE: 'Site A',
    SULCUS_SPLIT_SHARES: '0/50/50',
    SULCUS_PSEUDONYM_KEY: 'hunter2',
    SULCUS_MAX_PIXELS: 'many',
    SULCUS_INGEST_RETRY_TIMEOUT: '10',
  };
  assert.throws(
    () => readConfig(environment),
    (error: Error & { code: string; details: { mistakes: string[] } }) => {
      assert.equal(error.code, 'INVALID_CONFIG');
      assert.deepEqual(error.details.mistakes.map((mistake) => mistake.split(/[ :]/)[0]).sort(), [
        'SULCUS_INGEST_RETRY_TIMEOUT',
        'SULCUS_MAX_PIXELS',
        'SULCUS_PSEUDONYM_KEY',
        'SULCUS_SITE',
        'SULCUS_SPLIT_SHARES',
      ]);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    },
  );
});

test('a configuration can be logged', () => {
  const config = readConfig({
    SULCUS_PSEUDONYM_KEY: 'a very long secret key',
    SULCUS_SPLIT_KEY: 'another secret',
  });
  assert.doesNotMatch(JSON.stringify(config) + inspect(config), /secret key|another secret/);
});

test('shares of splits are four numbers, or three of before there was a gate split', () => {
  const sharesOf = (text: string) => readConfig({ SULCUS_SPLIT_SHARES: text }).splitShares;
  const expected = { SPLIT_TRAIN: 80, SPLIT_VALIDATION: 5, SPLIT_GATE: 10, SPLIT_TEST: 5 };
  assert.deepEqual(sharesOf('80/5/10/5'), expected);
  assert.deepEqual(sharesOf('80/10/10'), { ...expected, SPLIT_VALIDATION: 10, SPLIT_GATE: 0, SPLIT_TEST: 10 });
  for (const wrong of ['80/20', '80/5/5/5/5', '0/10/10/80', '80/-1/10/10'])
    assert.throws(() => sharesOf(wrong), { code: 'INVALID_CONFIG' }, wrong);
});
