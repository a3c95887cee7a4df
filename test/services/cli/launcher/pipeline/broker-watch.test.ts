import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connectBus, readBrokerFaults, STREAM_NAMES } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { renderFrame } from '../../../../../services/cli/launcher/view/frame.js';
import { PipelineState } from '../../../../../services/cli/launcher/state/pipeline-state.js';
import { BrokerWatch } from '../../../../../services/cli/launcher/pipeline/broker-watch.js';
import { brokerReady, createBroker } from '../../../../../services/cli/launcher/processes/broker.js';
import { freeBytes } from '../../../../../services/cli/launcher/pipeline/storage.js';
import { freePort, startNats } from '../../../../helpers/nats.js';
import { smallDisk } from '../../../../helpers/small-disk.js';
import { until } from '../../../../helpers/until.js';

const { folder: disk, skip } = smallDisk(120);

test('a broker stopped by a full disk is named with its code, and goes on by itself within 30 s of room', {
  skip,
}, async (t) => {
  const logs = mkdtempSync(path.join(tmpdir(), 'sulcus-broker-logs-'));
  const [port, monitorPort] = [await freePort(), await freePort()];
  const folder = path.join(disk, 'nats');
  const broker = await createBroker({ folder, logFile: path.join(logs, 'nats.log'), port, monitorPort });
  const [stop, monitorUrl] = [new AbortController(), `http://127.0.0.1:${monitorPort}`];
  broker.start();
  await brokerReady(broker, port, stop.signal);
  const watch = new BrokerWatch({ monitorUrl, own: { process: broker, folder } });
  const watching = watch.run(stop.signal, createLogger('test'));
  await using bus = await connectBus({ servers: `nats://127.0.0.1:${port}`, name: 'test' });
  t.after(async () => {
    stop.abort();
    await watching;
    await broker.stop(5000);
    rmSync(logs, { recursive: true });
  });
  await bus.ensureTopology({ maxBytes: Object.fromEntries(STREAM_NAMES.map((stream) => [stream, 4e6])) });
  const put = () => bus.putBlob(randomBytes(200_000), { retryTimeoutMs: 0 });
  const before = await put();

  const filler = path.join(disk, 'filler');
  writeFileSync(filler, Buffer.alloc(freeBytes(disk) - 50_000));
  await assert.rejects(put(), (error) => SulcusError.from(error).code === 'STORAGE_FULL');
  await until(() => watch.faults.some(({ code }) => code === 'STORAGE_FULL'), 'the watch to see it');
  const view = { phase: 'running', elapsedMs: 0, state: new PipelineState(), processes: [], addresses: '' };
  const frame = renderFrame({ ...view, brokerFaults: watch.faults }, 200).join('\n');
  assert.match(frame, /BROKER +STORAGE_FULL: .*BLOBS.*no space left on device/);
  await assert.rejects(bus.deleteBlob(before.sha256), (error) => SulcusError.from(error).code === 'STORAGE_FULL');
  assert.equal(broker.restarts, 0, 'it is left alone as long as there is no room');

  rmSync(filler);
  const freedMs = Date.now();
  for (; ; await delay(200)) {
    const stored = await put().catch(() => undefined);
    if (stored) break;
    assert.ok(Date.now() - freedMs < 30_000, 'nothing is stored 30 s after there is room');
  }
  assert.equal(broker.restarts, 1);
  assert.match(broker.restartReason ?? '', /takes writes again.*STORAGE_FULL/);
  await until(() => watch.faults.length === 0, 'the watch to be content');
  assert.equal((await bus.getBlob(before)).length, 200_000, 'what was acknowledged before is there');
});

test('a broker that acknowledges before its disk has it is named, one that does not is not', async (t) => {
  const [lazy, strict] = [await startNats(t), await startNats(t, { syncInterval: 'always' })];
  const [fault] = await readBrokerFaults(lazy.monitorUrl);
  assert.equal(fault?.code, 'NOT_DURABLE');
  assert.match(fault?.message ?? '', /last 120 s: set sync_interval: always/);
  assert.deepEqual(await readBrokerFaults(strict.monitorUrl), []);
  await lazy.kill();
  assert.equal((await readBrokerFaults(lazy.monitorUrl))[0]?.code, 'BUS_UNAVAILABLE');
});

test('a broker of its own that runs and says nothing is restarted, and the reason is said', async (t) => {
  const base = mkdtempSync(path.join(tmpdir(), 'sulcus-silent-'));
  const [port, monitorPort, folder] = [await freePort(), await freePort(), path.join(base, 'nats')];
  const broker = await createBroker({ folder, logFile: path.join(base, 'nats.log'), port, monitorPort });
  const stop = new AbortController();
  broker.start();
  await brokerReady(broker, port, stop.signal);
  const monitorUrl = `http://127.0.0.1:${monitorPort}`;
  const watching = new BrokerWatch({ monitorUrl, own: { process: broker, folder } }).run(
    stop.signal,
    createLogger('test'),
  );
  t.after(async () => {
    stop.abort();
    await watching;
    await broker.stop(5000);
    rmSync(base, { recursive: true });
  });
  process.kill(broker.pid!, 'SIGSTOP');
  await until(() => broker.restarts === 1 && broker.state === 'running', 'another to run', 90_000);
  assert.match(broker.restartReason ?? '', /ran and said nothing/);
  await brokerReady(broker, port, stop.signal);
});
