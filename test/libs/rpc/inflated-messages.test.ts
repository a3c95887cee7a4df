import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UploadRequest } from '#libs/contracts';
import { LIMITS } from '#libs/limits';
import { startServer } from '#libs/rpc';
import { until } from '../../helpers/until.js';
import { connectFrames, framed } from './_frames.js';

const RESOURCE_EXHAUSTED = 8;
const UPLOAD = '/sulcus.v1.Ingest/UploadImages';
const IMAGE_BYTES = LIMITS.messageBytes.value - 64;

/** An upload of zeros: sixteen kilobytes on the wire. */
function packedUpload(): Buffer {
  const length = [0, 7, 14, 21].map((shift, at) => ((IMAGE_BYTES >>> shift) & 0x7f) | (at < 3 ? 0x80 : 0));
  return framed(Buffer.concat([Buffer.from([0x12, ...length]), Buffer.alloc(IMAGE_BYTES)]), { gzip: true });
}

test('what compressed messages have become is bounded over all calls until their handlers go on', async (t) => {
  let taken = 0;
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const server = await startServer({
    address: '127.0.0.1:0',
    services: {
      Ingest: {
        uploadImages: async (requests: AsyncIterable<UploadRequest>) => {
          let received = 0;
          for await (const { image } of requests) {
            received += image.length === IMAGE_BYTES ? 1 : 0;
            taken++;
            await held;
          }
          return { received };
        },
      } as never,
    },
  });
  t.after(() => server.stop(0));
  using frames = connectFrames(server.address);
  const upload = packedUpload();
  assert.ok(upload.length < 20_000);
  const fitting = Math.floor(LIMITS.inflatedBytes.value / LIMITS.messageBytes.value);
  const calls = Array.from({ length: fitting + 4 }, () => frames.begin(UPLOAD, { 'grpc-encoding': 'gzip' }));
  const refused: string[] = [];
  for (const { stream, ended } of calls) {
    void ended.then(({ status, message }) => status === RESOURCE_EXHAUSTED && refused.push(message));
    stream.write(upload);
  }
  await until(() => taken === fitting && refused.length === 4, 'as many as fit are taken', 30_000);
  assert.match(refused[0]!, /^BACKPRESSURE: Decompressed messages hold \d+ bytes/);

  // Of a call that goes on no more counts than what its handler has and the one behind it.
  goOn();
  for (const { stream } of calls.slice(1)) stream.destroy();
  const { stream, ended } = calls[0]!;
  const messages = 2 * fitting;
  for (let count = 1; count < messages; count++) {
    const before = taken;
    stream.write(upload);
    await until(() => taken > before, 'the next is taken');
  }
  stream.end();
  assert.equal((await ended).status, 0);
});
