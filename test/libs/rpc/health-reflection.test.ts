import {
  credentials,
  loadPackageDefinition,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { contracts, startServer, type Handlers } from '#libs/rpc';
import { isStatus } from '../../helpers/errors.js';
import { heldBytes } from '../../helpers/held-bytes.js';
import { sleep, startEcho } from './_echo.js';
import { framed } from './_frames.js';

/** A health client made of nothing but the published proto. */
interface HealthClient extends Client {
  check(
    request: { service: string },
    callback: (error: ServiceError | null, answer?: { status: string }) => void,
  ): void;
  watch(request: { service: string }): ClientReadableStream<{ status: string }>;
}

const foreignOptions = { enums: String, longs: String, defaults: true, oneofs: true };

function foreignClient<T extends Client>(t: TestContext, file: string, name: string, address: string): T {
  const loaded = loadPackageDefinition(loadSync(file, foreignOptions));
  const constructor = name
    .split('.')
    .reduce((scope, part) => (scope as Record<string, unknown>)[part], loaded as unknown) as new (
    ...args: unknown[]
  ) => T;
  const client = new constructor(address, credentials.createInsecure());
  t.after(() => client.close());
  return client;
}

const check = (client: HealthClient, service: string) =>
  new Promise<string>((resolve, reject) =>
    client.check({ service }, (error, answer) => (error ? reject(error) : resolve(answer!.status))),
  );

test('health: each service has its status, "" stands for all, an unknown name is NOT_FOUND', async (t) => {
  const { server } = await startEcho(t);
  const client = foreignClient<HealthClient>(t, protoPath, 'grpc.health.v1.Health', server.address);
  assert.equal(await check(client, 'sulcus.test.Echo'), 'SERVING');
  assert.equal(await check(client, ''), 'SERVING');
  server.setServing('sulcus.test.Echo', false);
  assert.equal(await check(client, 'sulcus.test.Echo'), 'NOT_SERVING');
  assert.equal(await check(client, ''), 'NOT_SERVING');
  await assert.rejects(check(client, 'sulcus.test.Nobody'), isStatus('NOT_FOUND'));
});

test('health: nothing serves until it is said to', async (t) => {
  const server = await startServer({
    address: '127.0.0.1:0',
    services: {
      Predictor: {
        predict: async () => ({}),
        predictStream: async function* () {
          /* answers nothing */
        },
        predictStudy: async () => ({}),
        predictStoredStudy: async () => ({}),
      },
    },
  });
  t.after(() => server.stop(0));
  const client = foreignClient<HealthClient>(t, protoPath, 'grpc.health.v1.Health', server.address);
  assert.equal(await check(client, 'sulcus.v1.Predictor'), 'NOT_SERVING');
  server.setServing('Predictor', true);
  assert.equal(await check(client, 'sulcus.v1.Predictor'), 'SERVING');
  assert.throws(() => server.setServing('Ingest', true), { code: 'INVALID_ARGUMENT' });
});

test('health: a watcher sees every change, and NOT_SERVING before the server stops', async (t) => {
  const { server } = await startEcho(t);
  const client = foreignClient<HealthClient>(t, protoPath, 'grpc.health.v1.Health', server.address);
  const seen: string[] = [];
  const watch = client.watch({ service: '' });
  watch.on('data', (answer: { status: string }) => seen.push(answer.status));
  watch.on('error', () => seen.push('closed'));
  await sleep(100);
  server.setServing('sulcus.test.Echo', false);
  server.setServing('sulcus.test.Echo', true);
  await sleep(100);
  const startMs = performance.now();
  await server.stop(10_000);
  assert.ok(performance.now() - startMs < 2000, 'an open watch does not hold the stop for the whole grace');
  await sleep(50);
  assert.deepEqual(seen, ['SERVING', 'NOT_SERVING', 'SERVING', 'NOT_SERVING', 'closed']);
});

interface ReflectionAnswer {
  listServicesResponse?: { service: { name: string }[] };
  fileDescriptorResponse?: { fileDescriptorProto: Buffer[] };
  errorResponse?: { errorCode: number; errorMessage: string };
}

for (const version of ['v1', 'v1alpha']) {
  test(`reflection ${version}: lists what is served and describes it completely`, async (t) => {
    const { server } = await startEcho(t);
    const folder = path.join(
      path.dirname(createRequire(import.meta.url).resolve('@grpc/reflection')),
      '../proto/grpc/reflection',
      version,
    );
    const client = foreignClient<Client & { serverReflectionInfo(): ClientDuplexStream<object, ReflectionAnswer> }>(
      t,
      path.join(folder, 'reflection.proto'),
      `grpc.reflection.${version}.ServerReflection`,
      server.address,
    );
    const ask = (request: object) =>
      new Promise<ReflectionAnswer>((resolve, reject) => {
        const stream = client.serverReflectionInfo();
        stream.once('data', resolve).once('error', reject);
        stream.write(request);
        stream.end();
      });
    const { listServicesResponse } = await ask({ listServices: '*' });
    assert.deepEqual(listServicesResponse?.service.map(({ name }) => name).sort(), [
      'grpc.health.v1.Health',
      'sulcus.test.Echo',
    ]);

    const { fileDescriptorResponse } = await ask({ fileContainingSymbol: 'sulcus.test.Echo' });
    const file = descriptor.FileDescriptorProto.decode(fileDescriptorResponse!.fileDescriptorProto[0]!).toJSON() as {
      package: string;
      service: { name: string; method: { name: string; clientStreaming?: boolean; serverStreaming?: boolean }[] }[];
    };
    assert.equal(file.package, 'sulcus.test');
    assert.deepEqual(
      file.service[0]!.method.map(({ name, clientStreaming = false, serverStreaming = false }) => [
        name,
        clientStreaming,
        serverStreaming,
      ]),
      [
        ['Unary', false, false],
        ['ClientStream', true, false],
        ['ServerStream', false, true],
        ['Bidi', true, true],
      ],
    );
    assert.equal((await ask({ fileContainingSymbol: 'sulcus.test.Nobody' })).errorResponse?.errorCode, 5);
  });
}

test('reflection answers for the file by which clients of the Open Inference Protocol ask', async (t) => {
  const answers = Object.keys(contracts.Inference.definition).map((name) => [
    name.charAt(0).toLowerCase() + name.slice(1),
    async () => ({}),
  ]);
  const handlers = Object.fromEntries(answers) as Handlers<'Inference'>;
  const server = await startServer({ address: '127.0.0.1:0', services: { Inference: handlers } });
  t.after(() => server.stop(0));
  const folder = path.dirname(createRequire(import.meta.url).resolve('@grpc/reflection'));
  const client = foreignClient<Client & { serverReflectionInfo(): ClientDuplexStream<object, ReflectionAnswer> }>(
    t,
    path.join(folder, '../proto/grpc/reflection/v1/reflection.proto'),
    'grpc.reflection.v1.ServerReflection',
    server.address,
  );
  const firstFile = (request: object) =>
    new Promise<{ name: string; package: string }>((resolve, reject) => {
      const stream = client.serverReflectionInfo();
      stream.once('error', reject).once('data', ({ fileDescriptorResponse }: ReflectionAnswer) => {
        const [file] = fileDescriptorResponse?.fileDescriptorProto ?? [];
        if (!file) return reject(new Error('no such file'));
        resolve(descriptor.FileDescriptorProto.decode(file).toJSON() as { name: string; package: string });
      });
      stream.write(request);
      stream.end();
    });
  const byName = await firstFile({ fileByFilename: 'grpc_service.proto' });
  assert.deepEqual([byName.name, byName.package], ['grpc_service.proto', 'inference']);
  const bySymbol = await firstFile({ fileContainingSymbol: 'inference.GRPCInferenceService' });
  assert.equal(bySymbol.name, 'grpc_service.proto', 'one file has one name, however it is asked for');
});

test('who asks by reflection and reads no answer is read no further', async (t) => {
  const server = await startServer({ address: '127.0.0.1:0', services: { Inference: {} as Handlers<'Inference'> } });
  t.after(() => server.stop(0));
  const session = connect(`http://${server.address}`, { settings: { initialWindowSize: 0 } });
  t.after(() => session.destroy());
  const stream = session.request({
    ':method': 'POST',
    ':path': '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => undefined);
  const symbol = Buffer.from('inference.GRPCInferenceService');
  const question = framed(Buffer.concat([Buffer.from([0x22, symbol.length]), symbol]));
  const before = heldBytes();
  stream.write(Buffer.concat(Array<Buffer>(5000).fill(question)));
  await once(stream, 'response');
  await sleep(1000);
  const held = heldBytes() - before;
  // Five thousand answers were some sixty megabytes.
  assert.ok(held < 10e6, `${held} bytes are held`);
});
