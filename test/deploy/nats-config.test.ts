import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectBus } from '#libs/bus';
import { brokerKeys } from '../../services/cli/shared/broker-keys.js';
import { natsServerBinary, root } from '../../scripts/setup/paths.mjs';
import { findOnPath } from '../../scripts/setup/process.mjs';

const binary =
  process.env.SULCUS_NATS_SERVER ?? (existsSync(natsServerBinary) ? natsServerBinary : findOnPath('nats-server')!);
const config = readFileSync(path.join(root, 'deploy/nats/nats-server.conf'), 'utf8');

/** The addresses that a server writes into a folder once it listens. */
async function portsFrom(folder: string): Promise<{ monitoring: string[]; nats: string[] }> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
    const text = file ? readFileSync(path.join(folder, file), 'utf8') : '';
    // Seen while it is being written, the file is empty or cut.
    if (text.trimEnd().endsWith('}')) return JSON.parse(text) as { monitoring: string[]; nats: string[] };
    await sleep(50);
  }
  throw new Error('nats-server did not start');
}

describe("the broker with the containers' settings", () => {
  let folder = '';
  let server: ChildProcess;
  let monitor = '';
  let url = '';
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sulcus-nats-config-'));
    // Only the places change: the folder of the data and the monitoring port.
    brokerKeys(path.join(folder, 'keys'), ['local']);
    symlinkSync(path.join(folder, 'keys/server'), path.join(folder, 'accounts'));
    const file = path.join(folder, 'nats-server.conf');
    writeFileSync(file, config.replace('"/data"', JSON.stringify(folder)).replace('0.0.0.0:8222', '127.0.0.1:-1'));
    server = spawn(binary, ['-c', file, '-a', '127.0.0.1', '-p', '-1', '--ports_file_dir', folder], {
      stdio: 'ignore',
    });
    const ports = await portsFrom(folder);
    [monitor, url] = [ports.monitoring[0]!, ports.nats[0]!];
  });
  after(async () => {
    if (server.exitCode === null) {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true });
  });

  it('is healthy and runs with the limits that the services rely on', async () => {
    const ask = async (page: string) => (await fetch(`${monitor}${page}`)).json() as Promise<Record<string, unknown>>;
    assert.deepEqual(await ask('/healthz?js-enabled-only=true'), { status: 'ok' });
    const running = await ask('/varz');
    assert.equal(running.max_payload, 8 * 2 ** 20);
    assert.equal(running.max_pending, 256 * 2 ** 20);
    const { config: jetstream } = running.jetstream as { config: Record<string, unknown> };
    assert.equal(jetstream.sync_always, true);
    assert.equal(jetstream.max_storage, 40 * 2 ** 30);
  });

  it('lets in its users alone, each with the key that was made for it', async () => {
    const user = (name: string) => ({ name, keyFile: path.join(folder, 'keys', name, 'user.nk') });
    await using operator = await connectBus({ servers: url, name: 'test', user: user('operator') });
    await operator.ensureTopology({ maxBytes: { SCANS: 1e6, BLOBS: 1e6, PREDICTION_INPUTS: 1e6 } });
    await using site = await connectBus({ servers: url, name: 'test', user: user('site-local') });
    assert.equal(site.isSite, true);
    const strangers = { name: 'operator', keyFile: user('trainer').keyFile };
    await assert.rejects(connectBus({ servers: url, name: 'test', user: strangers }), { code: 'PERMISSION_DENIED' });
  });
});
