import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { connectBus } from '#libs/bus';
import { writePhantomDataset } from '#libs/imaging';
import { until } from '../helpers/until.js';

const CLI = path.join(import.meta.dirname, '../../services/cli/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-accounts-'));
after(() => rmSync(folder, { recursive: true }));

const state = path.join(folder, 'state');
const keys = path.join(state, 'keys', 'broker');
const words = [...process.execArgv, CLI];

test('npm start has accounts: services and commands do their work as users of their own, and nobody else is let in', {
  timeout: 280_000,
}, async () => {
  const data = path.join(folder, 'data');
  await writePhantomDataset(data, { perClass: 14, seed: 1, sizePx: 64, slicesPerPatient: 1 });
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    SULCUS_DATA_DIR: folder,
    SULCUS_NATS_KEYS: undefined,
    SULCUS_ENGINE_THREADS: '1',
  };
  const options = { env: environment };
  const launcher = spawn(process.execPath, [...words, 'up', '--data', data, '--state', state, '--no-live'], {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  launcher.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(launcher, 'exit') as Promise<[number | null]>;
  try {
    await until(() => /serving main-\d+/.test(output) || launcher.exitCode !== null, 'a version to serve', 180_000);
    const [, predictor, url] = /predictor (\S+) +(nats:\S+)/.exec(output) as unknown as [string, string, string];
    const command = async (...argv: string[]): Promise<string> =>
      (await promisify(execFile)(process.execPath, [...words, ...argv], options)).stdout;
    const atBroker = (...argv: string[]): Promise<string> => command(...argv, '--nats', url);

    const versions = await atBroker('versions', '--json');
    assert.match(versions, /main-\d+/);
    const image = path.join(data, 'glioma', readdirSync(path.join(data, 'glioma'))[0]!);
    assert.match(await command('predict', image, '--address', predictor), /glioma|meningioma|notumor|pituitary/);
    assert.match(await atBroker('freeze', '--reason', 'test'), /champion/);
    const back = await atBroker(
      'promote',
      'main-000001',
      '--reason',
      'test',
      '--wait',
      '--address',
      predictor,
      '--json',
    );
    assert.equal((JSON.parse(back) as { version: string }).version, 'main-000001');
    assert.match(await command('predict', image, '--address', predictor), /main-000001/);
    await atBroker('thaw', '--reason', 'test');
    assert.match(await atBroker('runs'), /main/);
    const extra = path.join(folder, 'extra');
    await writePhantomDataset(extra, { perClass: 1, seed: 2, sizePx: 64, slicesPerPatient: 1 });
    await atBroker('import', extra);
    // What has just come in may not be learned yet, which is exit code 1.
    const audit = await atBroker('audit', '--json').catch((error: { stdout: string }) => error.stdout);
    assert.ok(Array.isArray((JSON.parse(audit) as { findings: unknown }).findings), audit);
    await until(async () => /\S/.test(await atBroker('predictions')), 'the record of the prediction', 60_000);
    assert.equal(/viol/i.test(readFileSync(path.join(state, 'logs', 'nats.log'), 'utf8')), false, violations());

    const files = readdirSync(keys, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.nk'));
    assert.equal(files.length, 7);
    for (const name of files) assert.equal(statSync(path.join(keys, name)).mode & 0o777, 0o600, name);
    const strangers = { ...process.env };
    delete process.env['SULCUS_NATS_KEYS'];
    await assert.rejects(connectBus({ servers: url, name: 'stranger', connectTimeoutMs: 3000 }), {
      code: 'PERMISSION_DENIED',
      message: /SULCUS_NATS_NKEY_FILE/,
    });
    Object.assign(process.env, strangers);
    // A user of the core, beyond what is its own: told which subject, and at once.
    const user = { name: 'predictor', keyFile: path.join(keys, 'predictor/user.nk') };
    await using bus = await connectBus({ servers: url, name: 'predictor', user });
    const startedMs = performance.now();
    await assert.rejects(bus.deleteSubject('MODELS', 'model.v1.>'), {
      code: 'PERMISSION_DENIED',
      message: /"\$JS\.API\.STREAM\.PURGE\.MODELS"/,
    });
    assert.ok(performance.now() - startedMs < 1000);
  } finally {
    launcher.kill('SIGTERM');
    await exited;
  }
  assert.equal(launcher.exitCode, 0, output);
});

/** What the broker refused. */
const violations = (): string =>
  readFileSync(path.join(state, 'logs', 'nats.log'), 'utf8')
    .split('\n')
    .filter((line) => /viol/i.test(line))
    .join('\n');
