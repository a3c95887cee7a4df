import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { parseCaller, startStoreScp, type ScpNotice, type StoreScpOptions } from '#libs/dimse';
import { until } from '../../helpers/until.js';
import { ASSOCIATE_ACCEPT, associateRequest } from './_associate.js';
import { unit } from './_pdus.js';

/** For verification. */
const request = associateRequest('1.2.840.10008.1.1');

async function start(t: TestContext, options: Partial<StoreScpOptions>) {
  const notices: ScpNotice[] = [];
  const scp = await startStoreScp({
    ...{ host: '127.0.0.1', port: 0, title: 'SCP', callers: [parseCaller('MR1')] },
    ...{ maxAssociations: 1, maxObjectBytes: 1e6, idleTimeoutMs: 30_000 },
    onNotice: (notice) => notices.push(notice),
    onObject: () => Promise.resolve({ status: 'success' }),
    ...options,
  });
  t.after(() => scp.stop(0));
  /** Types of the units that came back, and whether the connection was closed. */
  const join = async (): Promise<{ socket: Socket; came: number[]; isClosed: () => boolean }> => {
    const socket = connect(scp.port, '127.0.0.1');
    const came: number[] = [];
    let closed = false;
    socket.on('error', () => undefined).on('data', (chunk: Buffer) => came.push(chunk[0]!));
    socket.once('close', () => (closed = true));
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    return { socket, came, isClosed: () => closed };
  };
  return { scp, notices, join };
}

test('a message that drips ends with its connection, one that moves does not, nor a quiet association', async (t) => {
  const { notices, join } = await start(t, { rateAfterMs: 300, maxAssociations: 3 });
  const [dripping, moving, resting] = [await join(), await join(), await join()];
  for (const { socket } of [dripping, moving, resting]) socket.write(request);
  await until(() => resting.came.includes(ASSOCIATE_ACCEPT), 'the association is accepted');
  const value = Buffer.alloc(60_000);
  const half = unit(4, Buffer.concat([Buffer.from([0, 0, 0xea, 0x62, 1, 0]), value]));
  dripping.socket.write(half.subarray(0, 12));
  moving.socket.write(half.subarray(0, 12));
  const feeding = setInterval(() => {
    dripping.socket.write(Buffer.alloc(1));
    moving.socket.write(Buffer.alloc(1000));
  }, 50);
  t.after(() => clearInterval(feeding));
  await until(() => dripping.isClosed(), 'the one that drips is cut');
  assert.match(JSON.stringify(notices), /less than 4096 bytes per second/);
  assert.deepEqual([moving.isClosed(), resting.isClosed()], [false, false]);
});

test('whoever sends data before an association is cut off', async (t) => {
  const { notices, join } = await start(t, {});
  const stranger = await join();
  stranger.socket.write(unit(4, Buffer.from([0, 0, 0, 2, 1, 1])));
  await until(() => stranger.isClosed(), 'it is cut');
  assert.match(JSON.stringify(notices), /data without an association/);
});
