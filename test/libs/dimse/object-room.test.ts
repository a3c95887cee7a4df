import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parseCaller, startStoreScp } from '#libs/dimse';
import { ObjectRoom } from '../../../libs/dimse/object-room.js';
import { until } from '../../helpers/until.js';
import { associateRequest } from './_associate.js';
import { C_STORE, DATA, LAST_COMMAND, LAST_DATA, pData } from './_pdus.js';

const MIB = 2 ** 20;
const MR_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.4';
const P_DATA = 4;

test('where there is no room those with much wait, but never who has held something for longest', () => {
  const room = new ObjectRoom(10 * MIB);
  const waits = new Map<string, boolean>();
  const holderOf = (name: string) => ({ wait: (isToWait: boolean) => void waits.set(name, isToWait) });
  const [first, second, third, small] = ['first', 'second', 'third', 'small'].map(holderOf) as [
    ReturnType<typeof holderOf>,
    ReturnType<typeof holderOf>,
    ReturnType<typeof holderOf>,
    ReturnType<typeof holderOf>,
  ];
  room.set(first, 6 * MIB);
  room.set(small, 1000);
  room.set(second, 3 * MIB);
  assert.deepEqual([...waits.values()], []);
  room.set(third, 2 * MIB);
  assert.deepEqual(Object.fromEntries(waits), { first: false, small: false, second: true, third: true });
  room.set(first, 50 * MIB);
  assert.equal(waits.get('first'), false);
  room.set(first, 0);
  assert.deepEqual(Object.fromEntries(waits), { first: false, small: false, second: false, third: false });
});

test('large objects that do not fit together come one after the other, small ones beside them', async (t) => {
  const sizes: number[] = [];
  const scp = await startStoreScp({
    ...{ host: '127.0.0.1', port: 0, title: 'SCP', callers: [parseCaller('MR1')] },
    ...{ maxAssociations: 4, maxObjectBytes: 64 * MIB, objectsBytes: 2 * MIB, idleTimeoutMs: 30_000 },
    onNotice: () => undefined,
    onObject: async ({ bytes }) => {
      sizes.push(bytes.length);
      return { status: 'success' };
    },
  });
  t.after(() => scp.stop(0));
  const join = async (): Promise<Socket> => {
    const socket = connect(scp.port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.write(associateRequest(MR_IMAGE_STORAGE));
    await once(socket, 'data');
    return socket;
  };
  const fragments = (count: number): Buffer =>
    Buffer.concat(Array.from({ length: count }, () => pData([DATA, Buffer.alloc(MIB / 2)])));
  const end = async (socket: Socket): Promise<void> => {
    const answer = once(socket, 'data');
    socket.write(pData([LAST_DATA, Buffer.alloc(10)]));
    assert.equal(((await answer) as [Buffer])[0][0], P_DATA);
  };
  const [first, second, third, small] = [await join(), await join(), await join(), await join()];
  // More than the kernel takes from a sender that nobody reads.
  const begin = (socket: Socket): boolean =>
    socket.write(Buffer.concat([pData([LAST_COMMAND, C_STORE]), fragments(60)]));
  begin(first);
  await until(() => first.writableLength === 0, 'the first is read');
  begin(second);
  begin(third);
  await delay(500);
  assert.ok(second.writableLength > 0 && third.writableLength > 0);
  small.write(pData([LAST_COMMAND, C_STORE]));
  await end(small);
  assert.deepEqual(sizes, [10]);
  for (const socket of [first, second, third]) {
    await until(() => socket.writableLength === 0, 'the next is read');
    await end(socket);
  }
  assert.deepEqual(sizes, [10, 30 * MIB + 10, 30 * MIB + 10, 30 * MIB + 10]);
});
