import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { GrpcStatus, SulcusError } from '#libs/errors';
import { ERROR_CODE_TRAILER } from '#libs/rpc';
import { collect, startEcho } from './_echo.js';

const truncated = () => new SulcusError('IMAGE_TRUNCATED', 'The image ends after 10 of 20 rows: send it again');

/** The bare grpc-js error of a unary call, as a foreign client sees it. */
function rawFailure(t: TestContext, address: string): Promise<ServiceError> {
  const client = new Client(address, credentials.createInsecure());
  t.after(() => client.close());
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/sulcus.test.Echo/Unary',
      (value: Buffer) => value,
      (value) => value,
      Buffer.alloc(0),
      (error) => resolve(error!),
    );
  });
}

test('a SulcusError arrives with its code, message and status, whatever the shape of the call', async (t) => {
  const { client } = await startEcho(t, {
    unary: async () => {
      throw truncated();
    },
    clientStream: async () => {
      throw truncated();
    },
    serverStream: async function* () {
      yield {};
      throw truncated();
    },
    bidi: async function* (requests) {
      for await (const request of requests) {
        yield request;
        throw truncated();
      }
    },
  });
  const expected = {
    name: 'SulcusError',
    code: 'IMAGE_TRUNCATED',
    rawMessage: 'The image ends after 10 of 20 rows: send it again',
  };
  await assert.rejects(client.unary({}), expected);
  await assert.rejects(client.clientStream([{}]), expected);
  await assert.rejects(collect(client.serverStream({})), expected);
  await assert.rejects(collect(client.bidi([{}, {}])), expected);
});

test('answers that were sent before a stream failed are delivered first', async (t) => {
  const { client } = await startEcho(t, {
    serverStream: async function* () {
      for (let count = 1; count <= 3; count++) yield { count };
      throw truncated();
    },
  });
  const counts: number[] = [];
  await assert.rejects(
    async () => {
      for await (const answer of client.serverStream({})) counts.push(answer.count!);
    },
    { code: 'IMAGE_TRUNCATED' },
  );
  assert.deepEqual(counts, [1, 2, 3]);
});

test('a foreign client sees status, code trailer and a text that starts with the code', async (t) => {
  const { server } = await startEcho(t, {
    unary: async () => {
      throw truncated();
    },
  });
  const error = await rawFailure(t, server.address);
  assert.equal(error.code, GrpcStatus.INVALID_ARGUMENT);
  assert.equal(error.details, 'IMAGE_TRUNCATED: The image ends after 10 of 20 rows: send it again');
  assert.deepEqual(error.metadata.get(ERROR_CODE_TRAILER), ['IMAGE_TRUNCATED']);
});

test('an unexpected error hides its text from the client and is logged with its cause', async (t) => {
  const { server, logged } = await startEcho(t, {
    unary: async () => {
      throw new TypeError('secret path /srv/keys');
    },
  });
  const error = await rawFailure(t, server.address);
  assert.equal(error.code, GrpcStatus.INTERNAL);
  assert.doesNotMatch(error.details, /secret|keys|TypeError/);
  const line = logged.find(({ level }) => level === 'error');
  assert.equal(line?.err?.message, 'secret path /srv/keys');
  assert.equal(line?.method, 'sulcus.test.Echo/Unary');
});

test('a system error keeps its meaning but not its text', async (t) => {
  const { server } = await startEcho(t, {
    unary: async () => {
      throw Object.assign(new Error('ENOSPC: /var/data'), { code: 'ENOSPC' });
    },
  });
  const error = await rawFailure(t, server.address);
  assert.deepEqual(error.metadata.get(ERROR_CODE_TRAILER), ['STORAGE_FULL']);
  assert.doesNotMatch(error.details, /var/);
});

test('an error text that no header can carry does not break the server', async (t) => {
  const texts = ['half a surrogate \uD800 pair', 'two\nlines', 'x'.repeat(100_000), 'Größe 脳 100 %'];
  const { client } = await startEcho(t, {
    unary: async ({ count }) => {
      throw new SulcusError('INVALID_ARGUMENT', texts[count!]!);
    },
  });
  const messages: string[] = [];
  for (let count = 0; count < texts.length; count++) {
    await assert.rejects(
      client.unary({ count }),
      (error: SulcusError) => error.code === 'INVALID_ARGUMENT' && messages.push(error.rawMessage) > 0,
    );
  }
  assert.equal(messages[0], 'half a surrogate \uFFFD pair');
  assert.equal(messages[1], 'two\nlines');
  assert.ok(messages[2]!.length < 2100);
  assert.equal(messages[3], 'Größe 脳 100 %');
});

test('a message beyond the limit is refused with a permanent error and the server goes on', async (t) => {
  const { client } = await startEcho(t, {}, { server: { limits: { maxMessageBytes: 100_000 } } });
  await assert.rejects(client.unary({ payload: Buffer.alloc(200_000) }), { code: 'INVALID_ARGUMENT' });
  await assert.rejects(client.clientStream([{ payload: Buffer.alloc(200_000) }]), { code: 'INVALID_ARGUMENT' });
  assert.equal((await client.unary({ text: 'still there' })).text, 'still there');
});

test('images of 15 MB pass with the default limit', async (t) => {
  const { client } = await startEcho(t);
  assert.equal((await client.unary({ payload: Buffer.alloc(15_000_000, 7) })).payload?.length, 15_000_000);
});

test('a method without a handler answers UNIMPLEMENTED', async (t) => {
  const { client } = await startEcho(t, { unary: undefined });
  await assert.rejects(client.unary({}), { code: 'UNIMPLEMENTED' });
});

test('an answer that does not fit its message type fails that call and no other', async (t) => {
  const { client } = await startEcho(t, { unary: async () => ({ payload: 'no base64 %' as unknown as Buffer }) });
  await assert.rejects(client.unary({}), { code: 'INTERNAL' });
  assert.equal((await client.clientStream([{}])).count, 1);
});

test('a long message in any script arrives, shortened to what a header holds', async (t) => {
  for (const text of ['é', '漢', '🧠', '\ud800']) {
    const { server } = await startEcho(t, {
      unary: async () => {
        throw new SulcusError('INVALID_ARGUMENT', text.repeat(10_000));
      },
    });
    const failure = await rawFailure(t, server.address);
    assert.equal(failure.code, GrpcStatus.INVALID_ARGUMENT);
    assert.ok(encodeURI(failure.details).length <= 6100, `${encodeURI(failure.details).length} bytes`);
    assert.ok(failure.details.length > 500 && failure.details.endsWith('…'));
  }
});
