import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { blobOwners, CHUNK_BYTES, connectBus, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { startNats, type TestNats } from '../../helpers/nats.js';

let nats: TestNats;
let bus: Bus;
before(async () => {
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
});
after(async () => {
  await bus.drain();
  await nats.stop();
});

const stored = async () => (await bus.stats()).BLOBS.messages;

test('content comes back whole, named by its hash, whatever its size', async () => {
  for (const sizeBytes of [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 40 * CHUNK_BYTES + 7]) {
    const content = randomBytes(sizeBytes);
    const ref = await bus.putBlob(content);
    assert.deepEqual(ref, {
      sha256: createHash('sha256').update(content).digest('hex'),
      sizeBytes,
      chunkCount: Math.ceil(sizeBytes / CHUNK_BYTES),
    });
    assert.ok((await bus.getBlob(ref)).equals(content));
  }
});

test('parts are stored as their concatenation', async () => {
  const parts = [randomBytes(10), randomBytes(CHUNK_BYTES), randomBytes(0), randomBytes(3 * CHUNK_BYTES + 5)];
  const ref = await bus.putBlob(parts);
  assert.ok((await bus.getBlob(ref)).equals(Buffer.concat(parts)));
});

test('the same content is stored once, even when many store it at the same time', async () => {
  const content = randomBytes(3 * CHUNK_BYTES);
  const before = await stored();
  await Promise.all(Array.from({ length: 4 }, () => bus.putBlob(content)));
  await bus.putBlob(content);
  assert.equal((await stored()) - before, 3);
});

test('an upload that was broken off is completed', async () => {
  const content = randomBytes(3 * CHUNK_BYTES);
  const ref = await bus.putBlob(content);
  await bus.deleteBlob(ref.sha256);
  await assert.rejects(bus.getBlob(ref), { code: 'NOT_FOUND' });
  assert.deepEqual(await bus.putBlob(content), ref);
  assert.ok((await bus.getBlob(ref)).equals(content));
});

test('bytes that are not those of the hash are never handed out', async () => {
  const ref = await bus.putBlob(randomBytes(2 * CHUNK_BYTES));
  const other = await bus.putBlob(randomBytes(2 * CHUNK_BYTES), { owner: ref.sha256 });
  // The other content's chunks lie where a reader of an owner looks for this hash.
  await assert.rejects(bus.getBlob({ ...other, chunkCount: 1 }, { owner: ref.sha256 }), { code: 'HASH_MISMATCH' });
});

test('owners keep equal content apart: deleting one leaves the other', async () => {
  const content = randomBytes(2 * CHUNK_BYTES);
  const shared = await bus.putBlob(content);
  const first = await bus.putBlob(content, { owner: 'checkpoint.main.1' });
  const second = await bus.putBlob(content, { owner: 'checkpoint.main.2' });
  assert.deepEqual(first, shared);
  assert.deepEqual((await bus.blobOwners('checkpoint.main')).sort(), ['1', '2']);
  await bus.deleteOwnedBlobs('checkpoint.main.1');
  await bus.deleteBlob(shared.sha256);
  await assert.rejects(bus.getBlob(first, { owner: 'checkpoint.main.1' }), { code: 'NOT_FOUND' });
  await assert.rejects(bus.getBlob(shared), { code: 'NOT_FOUND' });
  assert.ok((await bus.getBlob(second, { owner: 'checkpoint.main.2' })).equals(content));
});

test('what belongs to a run goes in one call, and to no other run', async () => {
  const pixels = randomBytes(9_000_000);
  const [first, second, other] = [
    blobOwners.batch('main', 'r1'),
    blobOwners.batch('main', 'r2'),
    blobOwners.batch('other', 'r1'),
  ];
  const payloads = await Promise.all([first, second, other].map((owner) => bus.toPayload(pixels, { owner })));
  assert.ok(payloads.every(({ blob }) => blob));
  await bus.deleteOwnedBlobs(first);
  const { sequence } = await bus.publish(subjects.batch('main'), codecs.TensorBatch, { pixels: payloads[1] });
  const batch = (await bus.get('BATCHES', sequence, codecs.TensorBatch))!.message;
  assert.ok((await bus.fromPayload(batch.pixels!, { owner: second })).equals(pixels));
  await bus.deleteOwnedBlobs(blobOwners.batch('main'));
  await assert.rejects(bus.fromPayload(batch.pixels!, { owner: second }), { code: 'NOT_FOUND' });
  assert.ok((await bus.fromPayload(batch.pixels!, { owner: other })).equals(pixels));
});

test('a payload travels inline while it fits and by reference when it does not', async () => {
  const small = await bus.toPayload(randomBytes(1000));
  assert.ok(small.inline && !small.blob);
  const content = randomBytes(bus.maxPayloadBytes);
  const large = await bus.toPayload(content);
  assert.ok(large.blob && !large.inline);
  const { sequence } = await bus.publish(subjects.scan('local', 'large'), codecs.Scan, {
    sampleId: 'large',
    image: large,
  });
  const received = await bus.get('SCANS', sequence, codecs.Scan);
  assert.ok((await bus.fromPayload(received!.message.image!)).equals(content));
  await assert.rejects(bus.fromPayload({}), { code: 'MESSAGE_INVALID' });
});

test('the largest payload that goes inline fits the broker', async () => {
  const payload = await bus.toPayload(randomBytes(bus.maxPayloadBytes - 64 * 1024));
  assert.ok(payload.inline);
  await bus.publish(subjects.scan('local', 'edge'), codecs.Scan, { sampleId: 'edge', image: payload });
});

test('the original of a dead letter that fits no message is kept as a blob', async () => {
  const original = randomBytes(9_000_000);
  await bus.deadLetter({
    service: 'ingest',
    code: 'IMAGE_UNDECODABLE',
    cause: 'no image',
    source: 'a/b.jpg',
    original: { inline: original },
  });
  const deadLetter = await bus.getLast('DEAD', subjects.dead('ingest'), codecs.DeadLetter);
  assert.equal(deadLetter?.message.source, 'a/b.jpg');
  assert.ok((await bus.fromPayload(deadLetter.message.original!)).equals(original));
});

test('a full blob store says so', async (t) => {
  const small = await startNats(t);
  const filled = await connectBus({ servers: small.url, name: 'test' });
  await filled.ensureTopology({ maxBytes: { BLOBS: 2_000_000 } });
  await assert.rejects(filled.putBlob(randomBytes(4_000_000)), { code: 'BACKPRESSURE' });
  await filled.drain();
});
