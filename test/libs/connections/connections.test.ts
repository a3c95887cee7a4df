import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connections } from '#libs/connections';
import { until } from '../../helpers/until.js';
import { peerOf } from '../../../libs/connections/peer-of.js';

async function start(t: TestContext, bounds: { all: number; perPeer: number }) {
  const connections = new Connections(bounds);
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    accepted.push(socket);
  });
  connections.watch(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const open: Socket[] = [];
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  /** @param address that it comes from, of this machine's many */
  const join = async (address = '127.0.0.1'): Promise<{ socket: Socket; isClosed: () => boolean; far: Socket }> => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', localAddress: address });
    socket.on('error', () => undefined);
    open.push(socket);
    let closed = false;
    socket.once('close', () => (closed = true));
    await once(socket, 'connect');
    await until(() => accepted.some(({ remotePort }) => remotePort === socket.localPort), 'it is accepted');
    return { socket, isClosed: () => closed, far: accepted.find(({ remotePort }) => remotePort === socket.localPort)! };
  };
  return { connections, join };
}

test('connections that ask for nothing make room, first those that never did, of whoever has many', async (t) => {
  const { connections, join } = await start(t, { all: 5, perPeer: 3 });
  const working = await join('127.0.0.2');
  connections.begin(working.far);
  const rested = await join('127.0.0.3');
  connections.begin(rested.far)();
  const single = await join('127.0.0.4');
  const many = [await join('127.0.0.5'), await join('127.0.0.5')];
  await sleep(1100);
  await join('127.0.0.6');
  await until(() => many[0]!.isClosed(), 'the first of many has gone');
  await join('127.0.0.7');
  await until(() => single.isClosed(), 'then the one that is quiet for longest');
  assert.deepEqual(
    [working, rested, many[1]!].map(({ isClosed }) => isClosed()),
    [false, false, false],
  );
  assert.equal(connections.count, 5);
});

test('a new one is closed when all others work or have just come; an address has its share and no more', async (t) => {
  const { connections, join } = await start(t, { all: 3, perPeer: 2 });
  const first = await join('127.0.0.2');
  const end = connections.begin(first.far);
  const second = await join('127.0.0.2');
  const third = await join('127.0.0.2');
  await until(() => third.isClosed(), 'there is no room for a third of this address');
  await sleep(1100);
  const fourth = await join('127.0.0.2');
  await until(() => second.isClosed(), 'the one that asked for nothing has made room for it');
  assert.equal(first.isClosed(), false);
  connections.begin(fourth.far);
  end();
  await sleep(1100);
  await join('127.0.0.2');
  await until(() => first.isClosed(), 'what has ended makes room');
  assert.equal(fourth.isClosed(), false);
});

test('addresses of one network of IPv6 count as one, those of IPv4 each for itself', () => {
  assert.equal(peerOf('::ffff:10.0.0.7'), '10.0.0.7');
  assert.equal(peerOf('10.0.0.7'), '10.0.0.7');
  assert.equal(peerOf('2001:DB8:1:2:3:4:5:6'), peerOf('2001:db8:1:2::9'));
  assert.equal(peerOf('2001:db8::1'), '2001:db8:0:0');
  assert.equal(peerOf('fe80::1%eth0'), 'fe80:0:0:0');
  assert.notEqual(peerOf('2001:db8:1:3::9'), peerOf('2001:db8:1:2::9'));
  assert.equal(peerOf('::1'), '0:0:0:0');
  assert.equal(peerOf(undefined), '');
});
