import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { claimFolder } from '../../../../services/cli/launcher/claim-folder.js';

const MODULE = path.join(import.meta.dirname, '../../../../services/cli/launcher/claim-folder.js');
const SKIP = process.platform === 'linux' ? false : 'there are no abstract sockets';

test('one launcher holds a state folder, by whatever name, until it ends, however it ends', {
  skip: SKIP,
}, async (t) => {
  const base = mkdtempSync(path.join(tmpdir(), 'sulcus-claim-'));
  t.after(() => rmSync(base, { recursive: true }));
  const [folder, link] = [path.join(base, 'runs', 'live'), path.join(base, 'link')];
  mkdirSync(path.dirname(folder));
  symlinkSync('runs', link);
  const code = `
    const { claimFolder } = await import(${JSON.stringify(pathToFileURL(MODULE).href)});
    console.log(await claimFolder(${JSON.stringify(folder)}));
    setInterval(() => 0, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => other.kill('SIGKILL'));
  const [said] = (await once(other.stdout, 'data')) as [Buffer];
  assert.equal(said.toString().trim(), 'true');
  assert.equal(await claimFolder(folder), false);
  assert.equal(await claimFolder(path.join(link, 'live')), false, 'before it is there');
  mkdirSync(folder);
  assert.equal(await claimFolder(path.join(link, 'live')), false);
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  assert.equal(await claimFolder(folder), false, 'emptied and made again');
  assert.equal(await claimFolder(path.join(base, 'runs', 'site')), true);
  other.kill('SIGKILL');
  await once(other, 'exit');
  assert.equal(await claimFolder(folder), true);
});
