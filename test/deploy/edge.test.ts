import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { createAuthority, issueCertificate } from '#libs/access';
import { createLogger } from '#libs/telemetry';
import { EdgeService, environment, readConfig } from '#services/edge';
import { root } from '../../scripts/setup/paths.mjs';

const folder = path.join(root, 'deploy/edge');
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

test('an edge runs with the example as it is: every setting is known, and they fit each other', async () => {
  const settings = parseEnv(read('edge.env'));
  const known = new Set<string>(Object.values(environment).map(([name]) => name));
  const unknown = Object.keys(settings).filter((name) => !known.has(name.replace(/_FILE$/, '')) && !known.has(name));
  assert.deepEqual(unknown, []);
  const site = mkdtempSync(path.join(tmpdir(), 'sulcus-edge-example-'));
  const before = process.cwd();
  try {
    const authority = createAuthority('authority of the test', 2);
    const { certificate, key } = issueCertificate(authority, { name: 'north', uri: 'spiffe://sulcus/site/north' }, 1);
    const files = {
      'keys/split.key': 'a key that is long enough',
      'tls/ca.pem': authority.certificate,
      'tls/site-north.pem': certificate,
      'tls/site-north.key': key,
    };
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.join(site, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(site, file), text);
    }
    process.chdir(site);
    const config = readConfig(settings);
    assert.equal(config.core, 'core.example.org:7001');
    assert.equal(config.spoolBytes, 20 * 2 ** 30);
    const [first] = config.dicomCallers;
    assert.deepEqual([first?.title, first?.address], ['MR1', '10.0.0.7']);
    // Other ports: these may be taken here. And nobody is called.
    const free = { address: '127.0.0.1:0', dicomAddress: { ...config.dicomAddress!, port: 0 }, core: '127.0.0.1:1' };
    const log = createLogger('edge', { write: () => undefined });
    await using service = await EdgeService.start({ config: { ...config, ...free }, log });
    assert.ok(service.dicomPort! > 0);
  } finally {
    process.chdir(before);
    rmSync(site, { recursive: true });
  }
});

test('the program is built before the packages go that build it', () => {
  const guide = readFileSync(path.join(folder, '../../docs/edge.md'), 'utf8');
  const { scripts, devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const [, compiler = ''] = /node_modules\/([\w-]+)\//.exec(scripts['build']!) ?? [];
  assert.ok(compiler in devDependencies, compiler);
  const [built, pruned] = [guide.indexOf('npm run build'), guide.indexOf('--omit=dev')];
  assert.ok(built > 0 && pruned > built);
  assert.doesNotMatch(read('sulcus-edge.service'), /omit=dev/);
});

test('the unit starts the command with the file that the guide names', () => {
  const unit = read('sulcus-edge.service');
  assert.match(unit, /^ExecStart=.*\/cli\/main\.js edge --config \/srv\/sulcus-edge\/edge\.env$/m);
  assert.match(unit, /^ReadWritePaths=\/srv\/sulcus-edge$/m);
  assert.match(readFileSync(path.join(folder, '../../docs/edge.md'), 'utf8'), /--config \/srv\/sulcus-edge\/edge\.env/);
});
