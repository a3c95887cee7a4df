import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect, sleep, startEcho, type EchoMessage } from './_echo.js';

const MESSAGE_BYTES = 2 ** 20;

/** Endless 1 MiB messages that count how many were asked for. */
function countedMessages(limit: number) {
  const counter = { pulled: 0 };
  async function* messages(): AsyncGenerator<EchoMessage> {
    while (counter.pulled < limit) {
      counter.pulled++;
      yield { payload: Buffer.alloc(MESSAGE_BYTES) };
    }
  }
  return { counter, messages };
}

for (const shape of ['clientStream', 'bidi'] as const) {
  test(`${shape}: a handler that does not read stops the sender within the 8 MiB window`, async (t) => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let received = 0;
    const drain = async (requests: AsyncIterable<EchoMessage>) => {
      for await (const _ of requests) {
        received++;
        if (received === 1) await released;
      }
    };
    const { client } = await startEcho(t, {
      clientStream: async (requests) => (await drain(requests), { count: received }),
      bidi: async function* (requests) {
        await drain(requests);
        yield { count: received };
      },
    });
    const { counter, messages } = countedMessages(64);
    const answer =
      shape === 'clientStream'
        ? client.clientStream(messages())
        : collect(client.bidi(messages())).then(([last]) => last!);
    while (received === 0) await sleep(10);
    await sleep(700);
    const pulledWhileBlocked = counter.pulled;
    assert.equal(received, 1);
    // Window, plus what client, server and sockets each hold of the message under way.
    assert.ok(
      pulledWhileBlocked >= 2 && pulledWhileBlocked <= 24,
      `${pulledWhileBlocked} messages of 1 MiB were taken from the sender`,
    );
    release();
    assert.equal((await answer).count, 64);
    assert.equal(counter.pulled, 64);
  });
}

test('a client that does not read stops the generator of the handler', async (t) => {
  const { counter, messages } = countedMessages(64);
  const { client } = await startEcho(t, { serverStream: () => messages() });
  let received = 0;
  for await (const _ of client.serverStream({})) {
    received++;
    if (received === 1) {
      await sleep(700);
      assert.ok(counter.pulled <= 40, `${counter.pulled} messages of 1 MiB were produced for a reader of one`);
    }
  }
  assert.equal(received, 64);
});
