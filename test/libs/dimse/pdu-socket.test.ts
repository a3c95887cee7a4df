import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PduSocket } from '../../../libs/dimse/pdu-socket.js';
import { until } from '../../helpers/until.js';
import { C_STORE, DATA, LAST_COMMAND, LAST_DATA, pData } from './_pdus.js';

test('what comes is read at once, until an object has paused as for a delayed acknowledgement', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const sender = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay();
  t.after(() => sender.destroy());
  const [socket] = (await once(server, 'connection')) as [Socket];
  t.after(() => socket.destroy());
  let [pauses, objects] = [0, 0];
  socket.on('pause', () => pauses++);
  new PduSocket(socket, {
    ...{ maxObjectBytes: 1e6, onViolation: assert.fail },
    onStore: ({ object }) => {
      assert.deepEqual(object, Buffer.alloc(300, 7));
      objects++;
    },
  });
  const [first, rest] = [
    Buffer.concat([pData([LAST_COMMAND, C_STORE]), pData([DATA, Buffer.alloc(200, 7)])]),
    pData([LAST_DATA, Buffer.alloc(100, 7)]),
  ];
  const send = async (pauseMs: number): Promise<void> => {
    const wanted = objects + 1;
    if (pauseMs === 0) sender.write(Buffer.concat([first, rest]));
    else {
      sender.write(first);
      await delay(pauseMs);
      sender.write(rest);
    }
    await until(() => objects === wanted, 'an object');
  };

  // Between objects a sender may take its time.
  for (let time = 0; time < 2; time++) {
    await send(0);
    await delay(60);
  }
  assert.equal(pauses, 0);
  await send(60);
  await send(0);
  await until(() => pauses > 0, 'reading pauses behind a burst');
  await send(0);
});
