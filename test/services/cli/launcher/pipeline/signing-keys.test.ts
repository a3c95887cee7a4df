import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { LoopDisk } from '../../../../../scripts/laboratory/stand/loop-disk.js';
import { signingKeys } from '../../../../../services/cli/launcher/pipeline/signing-keys.js';

describe('the keys of a state', () => {
  it('are there, whole, after a power loss right behind their making', {
    skip: LoopDisk.unavailable() ?? false,
  }, () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-keys-'));
    try {
      using disk = new LoopDisk(folder);
      const state = path.join(disk.folder, 'state');
      mkdirSync(state);
      const { SULCUS_SIGNING_KEY: key, SULCUS_TRUSTED_KEYS: trusted } = signingKeys(state, true);
      disk.cutPower();
      disk.unmount();
      disk.mount();
      assert.match(readFileSync(key!, 'utf8'), /^-----BEGIN PRIVATE KEY-----\n[^]+-----END PRIVATE KEY-----\n$/);
      assert.match(readFileSync(trusted!, 'utf8'), /^-----BEGIN PUBLIC KEY-----\n[^]+-----END PUBLIC KEY-----\n$/);
      assert.deepEqual(signingKeys(state, false), { SULCUS_SIGNING_KEY: key, SULCUS_TRUSTED_KEYS: trusted });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
