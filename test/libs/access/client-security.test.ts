import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readClientSecurity } from '#libs/access';
import { SulcusError } from '#libs/errors';

test('a token that no header can carry is refused by its file, and told to nobody', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-token-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'token');
  const environment = { SULCUS_TLS_CA: import.meta.filename, SULCUS_TOKEN_FILE: file };
  for (const wrong of ['hunter2\nhunter3', 'hunter2 hunter3', 'hunter2\u00e9', 'hunter2\0']) {
    writeFileSync(file, wrong);
    assert.throws(
      () => readClientSecurity(environment),
      (error) =>
        error instanceof SulcusError &&
        error.code === 'INVALID_CONFIG' &&
        error.message.includes(file) &&
        !error.message.includes('hunter'),
      wrong,
    );
  }
  writeFileSync(file, '\ufeffhunter2\r\n');
  assert.equal(readClientSecurity(environment).token, 'hunter2');
});
