import assert from 'node:assert/strict';
import { before, after, test } from 'node:test';
import { LIMITS } from '#libs/limits';
import { contracts, createClient, startServer, type RpcServer } from '#libs/rpc';
import type { ModelInferRequest, AnnotateRequest } from '#libs/contracts';
import { connectFrames } from './_frames.js';

const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const MESSAGE_BYTES = LIMITS.messageBytes.value - 64;

let server: RpcServer;
let inferred: ModelInferRequest | undefined;
let annotated: AnnotateRequest | undefined;

before(async () => {
  server = await startServer({
    address: '127.0.0.1:0',
    services: {
      Inference: {
        serverLive: async () => ({ live: true }),
        modelInfer: async (request: ModelInferRequest) => {
          inferred = request;
          return { id: request.id };
        },
        modelStreamInfer: async function* (requests: AsyncIterable<ModelInferRequest>) {
          for await (const { id } of requests) yield { inferResponse: { id } };
        },
      } as never,
      Ingest: {
        annotate: async (request: AnnotateRequest) => {
          annotated = request;
          return { accepted: request.annotations.length };
        },
      } as never,
    },
  });
  server.setServing('Inference', true);
  server.setServing('Ingest', true);
});
after(() => server.stop(0));

/** The same two bytes again and again. */
const many = (tag: number, second = 0): Buffer => Buffer.alloc(MESSAGE_BYTES, Buffer.from([tag, second]));

/** A length-delimited field. */
function field(number: number, content: Buffer): Buffer {
  const length: number[] = [];
  for (let left = content.length; ; left >>>= 7) {
    length.push(left > 0x7f ? (left & 0x7f) | 0x80 : left);
    if (left <= 0x7f) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), content]);
}

const INFER = '/inference.GRPCInferenceService/ModelInfer';
const STREAM_INFER = '/inference.GRPCInferenceService/ModelStreamInfer';
const ANNOTATE = '/sulcus.v1.Ingest/Annotate';

const HOSTILE: readonly [what: string, path: string, body: Buffer][] = [
  ['empty tensors', INFER, many(0x2a)],
  ['empty raw contents', INFER, many(0x3a)],
  ['empty parameters', INFER, many(0x22)],
  ['the same name again and again', INFER, many(0x0a)],
  ['numbers of an unknown field', INFER, many(0x70, 1)],
  ['empty tensors in a stream', STREAM_INFER, many(0x2a)],
  ['empty annotations', ANNOTATE, many(0x0a)],
  ['a shape of many dimensions', INFER, field(5, field(3, Buffer.alloc(MESSAGE_BYTES - 32, 1)))],
  ['booleans that no model takes', INFER, field(5, field(5, field(1, Buffer.alloc(MESSAGE_BYTES - 32, 1))))],
  ['parameters inside a tensor', INFER, field(5, Buffer.alloc(MESSAGE_BYTES - 32, Buffer.from([0x22, 0])))],
  ['a name of megabytes', INFER, field(1, Buffer.alloc(MESSAGE_BYTES - 32, 'x'))],
  [
    'a tensor that calls itself a number',
    INFER,
    Buffer.concat([Buffer.from([0x28]), field(5, Buffer.alloc(64)).subarray(1)]),
  ],
  ['a group', INFER, Buffer.from([0x2b, 0x2c])],
  ['a field that ends beyond the message', INFER, Buffer.from([0x0a, 0x7f, 0x61])],
];

for (const [what, path, body] of HOSTILE)
  for (const gzip of body.length > 1000 ? [true, false] : [false])
    test(`${what}${gzip ? ' (compressed)' : ''} are refused as INVALID_ARGUMENT, and nobody else waits`, async () => {
      using other = createClient('Inference', server.address);
      await other.serverLive({});
      using frames = connectFrames(server.address);
      const waits: number[] = [];
      let isOver = false;
      const asking = (async () => {
        while (!isOver) {
          const startMs = performance.now();
          await other.serverLive({});
          waits.push(performance.now() - startMs);
        }
      })();
      const { status, message } = await frames.call(path, body, { gzip });
      isOver = true;
      await asking;
      assert.equal(status, INVALID_ARGUMENT, message);
      assert.match(message, /^INVALID_ARGUMENT: (The message has|The bytes are no message)/);
      // Eight million objects take seconds; client and server share this thread.
      assert.ok(Math.max(...waits) < 1500, `waited ${Math.max(...waits)} ms`);
    });

test('a message that decompresses beyond the limit is RESOURCE_EXHAUSTED; no gzip is INVALID_ARGUMENT', async () => {
  using frames = connectFrames(server.address);
  const large = await frames.call(INFER, Buffer.alloc(LIMITS.messageBytes.value + 1), { gzip: true });
  assert.equal(large.status, RESOURCE_EXHAUSTED, large.message);
  assert.match(large.message, /decompresses to a size larger than max \(16777216\)/);
  const { stream, ended } = frames.begin(INFER, { 'grpc-encoding': 'gzip' });
  stream.end(Buffer.from([1, 0, 0, 0, 3, 1, 2, 3]));
  assert.equal((await ended).status, INVALID_ARGUMENT);
});

test('the pixels of a whole batch as typed numbers arrive as they were sent, in a hundredth of the time', async () => {
  using client = createClient('Inference', server.address);
  const uint = Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 2 ** 32);
  const fp32 = Array.from({ length: 100_000 }, (_, index) => Math.fround(index / 7));
  await client.modelInfer({
    modelName: 'm',
    inputs: [
      { name: 'first', shape: [2, 3], contents: { uintContents: uint } },
      { name: 'second', contents: { fp32Contents: fp32, bytesContents: [Buffer.from('x')] } },
    ],
  });
  const [first, second] = inferred!.inputs;
  assert.deepEqual([first!.name, first!.shape, second!.name], ['first', [2, 3], 'second']);
  assert.ok((first!.contents!.uintContents as unknown) instanceof Uint32Array);
  assert.deepEqual(Array.from(first!.contents!.uintContents), uint);
  assert.deepEqual(Array.from(second!.contents!.fp32Contents), fp32);
  assert.equal(second!.contents!.bytesContents[0]!.toString(), 'x');
  const path = contracts.Inference.definition['ModelInfer']!.path;
  using frames = connectFrames(server.address);
  const twice = field(5, Buffer.concat([0, 1].map(() => field(5, field(4, Buffer.alloc(20_000, 1))))));
  assert.match((await frames.call(path, twice)).message, /come in several parts/);
});

test('thousands of annotations in one request are taken', async () => {
  using client = createClient('Ingest', server.address);
  const annotations = Array.from({ length: 10_000 }, (_, index) => ({
    sampleId: index.toString(16).padStart(64, '0'),
    label: 'glioma',
    labelSource: 'radiologist',
  }));
  assert.deepEqual(await client.annotate({ annotations }), { accepted: 10_000 });
  assert.equal(annotated!.annotations[9_999]!.sampleId, annotations[9_999]!.sampleId);
});

test('health checks and reflection read no long requests', async () => {
  using frames = connectFrames(server.address);
  for (const path of ['/grpc.health.v1.Health/Check', '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo']) {
    const { status } = await frames.call(path, many(0x0a), { gzip: true });
    assert.equal(status, 13, path);
  }
});

test('headers of more than 16 KiB end the call alone', async () => {
  using frames = connectFrames(server.address);
  await frames.call(INFER, Buffer.alloc(0)); // the client has the server's settings
  const { stream, ended } = frames.begin(INFER, { 'x-long': 'y'.repeat(30_000) });
  stream.end(Buffer.alloc(5));
  assert.equal((await ended).status, undefined);
  assert.equal((await frames.call(INFER, Buffer.alloc(0))).status, 0);
});
