import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as netConnect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { longestWait } from '#libs/async';
import { connectBus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { isCode } from '../../helpers/errors.js';
import { startNats } from '../../helpers/nats.js';
import { until } from '../../helpers/until.js';
import { connect, publishLabels } from './_fixtures.js';

/** How a connection that comes in is treated. */
type Treatment = 'pass' | 'refuse' | 'silent';

/** Stands before a broker; connections that came before a change of its treatment end. */
async function startGate(t: TestContext, natsUrl: string) {
  let treatment: Treatment = 'pass';
  const [sockets, accepted]: [Set<Socket>, Socket[]] = [new Set(), []];
  const server: Server = createServer((near) => {
    accepted.push(near);
    sockets.add(near);
    near.on('error', () => undefined).on('close', () => sockets.delete(near));
    if (treatment === 'silent') return;
    const far = netConnect(Number(new URL(natsUrl).port), '127.0.0.1');
    far.on('error', () => undefined).on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    if (treatment === 'refuse') {
      // The server greets, and has no time for who answers.
      far.once('data', (greeting) => near.write(greeting));
      near.once('data', () => near.end("-ERR 'Authentication Timeout'\r\n"));
    } else {
      near.pipe(far);
      far.pipe(near);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted,
    open: () => sockets.size,
    turnTo: (next: Treatment) => {
      treatment = next;
      accepted.length = 0;
      for (const socket of sockets) socket.destroy();
    },
  };
}

test('a broker that is away is what its process waits for, by name, until it is back', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  assert.equal(longestWait(), undefined);
  await nats.kill();
  await until(() => longestWait() !== undefined, 'the wait to have a name');
  assert.match(longestWait()!.what, /^the broker \(to come back/);
  await nats.restart();
  await until(() => longestWait() === undefined, 'the wait to be over');
  await nats.kill();
  await until(() => longestWait() !== undefined, 'the wait to have a name again');
  await bus.drain();
  await until(() => longestWait() === undefined, 'nobody to wait who has left');
});

test('a broker that refuses clients for some seconds, as one that is busy, has them all back', async (t) => {
  const nats = await startNats(t);
  const gate = await startGate(t, nats.url);
  const bus = await connect(t, gate.url);
  await bus.ensureTopology();
  gate.turnTo('refuse');
  await until(() => gate.accepted.length >= 4, 'four attempts');
  gate.turnTo('pass');
  await publishLabels(bus, 'back', 0, 1);
  assert.equal((await bus.statsOf('LABELS')).messages, 1);
});

test('a service that its broker refuses for good ends, with the reason and a code that is not 0', async (t) => {
  const nats = await startNats(t);
  const gate = await startGate(t, nats.url);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  const service = spawn(
    process.execPath,
    [
      ...process.execArgv.filter((flag) => !flag.startsWith('--test')),
      path.resolve('dist/services/preprocess/main.js'),
    ],
    { env: { ...process.env, NODE_TEST_CONTEXT: '', SULCUS_NATS_URL: gate.url }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  t.after(() => service.kill('SIGKILL'));
  let output = '';
  service.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(async () => (await bus.statsOf('BATCH_REQUESTS')).consumers.length > 0, 'the service to work', 60_000);
  gate.turnTo('refuse');
  const [code] = (await once(service, 'close', { signal: AbortSignal.timeout(90_000) })) as [number | null];
  assert.equal(code, 1, output);
  assert.match(output, /^preprocess: PERMISSION_DENIED: Lost the NATS server.*refuses this client/m);
});

test('a command gives a broker up that went away and stays away, whatever it is doing', async (t) => {
  const nats = await startNats(t);
  const bus = await connectBus({ servers: nats.url, name: 'command', patienceMs: 500 });
  t.after(() => bus.drain());
  await bus.ensureTopology();
  await publishLabels(bus, 'left', 0, 3);
  await nats.kill();
  const { signal } = new AbortController();
  const reading = async (): Promise<void> => {
    for await (const _ of bus.follow({ stream: 'LABELS', storedOnly: true, signal }));
  };
  const startedMs = performance.now();
  const isGivenUp = (error: unknown): boolean =>
    isCode('BUS_UNAVAILABLE')(error) && SulcusError.from(error).rawMessage.includes('did not come back within 0.5 s');
  await Promise.all([
    assert.rejects(reading(), isCode('BUS_UNAVAILABLE')),
    assert.rejects(bus.statsOf('LABELS'), isGivenUp),
    assert.rejects(publishLabels(bus, 'left', 3, 4), isGivenUp),
  ]);
  assert.ok(performance.now() - startedMs < 10_000);
});

test('a server that takes connections and says nothing costs no more than one at a time', async (t) => {
  const nats = await startNats(t);
  const gate = await startGate(t, nats.url);
  const bus = await connectBus({ servers: gate.url, name: 'test', connectTimeoutMs: 600 });
  t.after(() => bus.drain());
  gate.turnTo('silent');
  await until(() => gate.accepted.length >= 4, 'four attempts');
  assert.ok(gate.open() <= 1, `${gate.open()} connections are open`);
});
