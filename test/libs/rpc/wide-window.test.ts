import { Server, ServerCredentials, type sendUnaryData, type ServerReadableStream } from '@grpc/grpc-js';
import assert from 'node:assert/strict';
import { connect, type Settings } from 'node:http2';
import { test, type TestContext } from 'node:test';
import { startDelayLine } from './_delay-line.js';
import { connectEcho, echo, startEcho, type EchoMessage } from './_echo.js';

const ROUND_TRIP_MS = 40;

/** A grpc-js server as it comes, asked for a large window by the option that clients honour. */
async function startBareServer(t: TestContext): Promise<number> {
  const server = new Server({ 'grpc-node.flow_control_window': 8 * 2 ** 20 });
  server.addService(echo.definition, {
    ClientStream: (call: ServerReadableStream<EchoMessage, EchoMessage>, respond: sendUnaryData<EchoMessage>) => {
      let count = 0;
      call.on('data', () => count++).on('end', () => respond(null, { count }));
    },
  });
  t.after(() => server.forceShutdown());
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

function announcedSettings(address: string): Promise<Settings> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://${address}`);
    session.once('error', reject);
    session.once('remoteSettings', (settings: Settings) => {
      session.destroy();
      resolve(settings);
    });
  });
}

test('the server announces a window of 8 MiB per call', async (t) => {
  const { server } = await startEcho(t);
  const settings = await announcedSettings(server.address);
  assert.equal(settings.initialWindowSize, 8 * 2 ** 20);
  assert.equal(settings.maxConcurrentStreams, 256);
});

test('grpc-js still ignores the window option on servers (if this fails, wide-window-server.ts can go)', async (t) => {
  const port = await startBareServer(t);
  const { initialWindowSize = 65_535 } = await announcedSettings(`127.0.0.1:${port}`);
  assert.equal(initialWindowSize, 65_535);
});

test('an upload over a line of 40 ms is not limited to one 64 KiB window per round trip', async (t) => {
  async function uploadMs(port: number): Promise<number> {
    const client = connectEcho(t, await startDelayLine(t, port, ROUND_TRIP_MS / 2));
    await client.clientStream([{}]);
    const images = Array.from({ length: 8 }, () => ({ payload: Buffer.alloc(150_000) }));
    const startMs = performance.now();
    assert.equal((await client.clientStream(images)).count, 8);
    return performance.now() - startMs;
  }
  const { server } = await startEcho(t);
  const wideMs = await uploadMs(server.port);
  const bareMs = await uploadMs(await startBareServer(t));
  // 1.2 MB in windows of 64 KiB are 18 round trips, 730 ms; with a wide window two or three.
  assert.ok(bareMs > 4 * wideMs, `${wideMs.toFixed(0)} ms against ${bareMs.toFixed(0)} ms with the bare server`);
});
