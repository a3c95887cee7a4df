import type { Client } from '@grpc/grpc-js';
import {
  credentials,
  loadPackageDefinition,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer, loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * Clients made of nothing but published protos and what the server tells of itself, as `grpcurl` and health probes are.
 */

const options = { enums: String, longs: String, defaults: true, oneofs: true };

function connect<T extends Client>(definition: PackageDefinition, name: string, address: string): T {
  const constructor = name
    .split('.')
    .reduce(
      (scope, part) => (scope as Record<string, unknown>)[part],
      loadPackageDefinition(definition) as unknown,
    ) as new (
    ...args: unknown[]
  ) => T;
  return new constructor(address, credentials.createInsecure());
}

type Unary<Request, Response> = (
  request: Request,
  callback: (error: ServiceError | null, answer: Response) => void,
) => void;

function call<Request, Response>(client: Client, method: string, request: Request): Promise<Response> {
  const unary = (client as unknown as Record<string, Unary<Request, Response>>)[method]!.bind(client);
  return new Promise((resolve, reject) =>
    unary(request, (error, answer) => (error ? reject(error) : resolve(answer))),
  ).finally(() => client.close()) as Promise<Response>;
}

/** What `grpc.health.v1.Health/Check` says of a service. */
export async function checkHealth(address: string, service: string): Promise<string> {
  return (
    await call<object, { status: string }>(
      connect(loadSync(protoPath, options), 'grpc.health.v1.Health', address),
      'check',
      { service },
    )
  ).status;
}

/** What `grpc.health.v1.Health/Watch` says of a service, one state after the other, until `stop`. */
export function watchHealth(address: string, service: string): { states: string[]; stop: () => void } {
  type Watching = Client & { watch(request: object): ClientReadableStream<{ status: string }> };
  const client = connect<Watching>(loadSync(protoPath, options), 'grpc.health.v1.Health', address);
  const states: string[] = [];
  const stream = client.watch({ service });
  stream.on('data', ({ status }: { status: string }) => states.push(status)).on('error', () => undefined);
  return {
    states,
    stop: () => {
      stream.cancel();
      client.close();
    },
  };
}

interface ReflectionAnswer {
  listServicesResponse?: { service: { name: string }[] };
  fileDescriptorResponse?: { fileDescriptorProto: Buffer[] };
  errorResponse?: { errorMessage: string };
}

async function reflect(address: string, request: object): Promise<ReflectionAnswer> {
  const folder = path.join(
    path.dirname(createRequire(import.meta.url).resolve('@grpc/reflection')),
    '../proto/grpc/reflection/v1',
  );
  const client = connect<Client & { serverReflectionInfo(): ClientDuplexStream<object, ReflectionAnswer> }>(
    loadSync(path.join(folder, 'reflection.proto'), options),
    'grpc.reflection.v1.ServerReflection',
    address,
  );
  const stream = client.serverReflectionInfo();
  try {
    return await new Promise((resolve, reject) => {
      stream.once('data', resolve);
      stream.once('error', reject);
      stream.write(request);
    });
  } finally {
    stream.end();
    client.close();
  }
}

/** Services that reflection lists. */
export async function listServices(address: string): Promise<string[]> {
  return (await reflect(address, { listServices: '' })).listServicesResponse!.service.map(({ name }) => name);
}

/** Calls a method that is known from reflection alone: fields have the names of the proto files. */
export async function callByReflection(
  address: string,
  service: string,
  method: string,
  request: object,
): Promise<Record<string, unknown>> {
  const answer = await reflect(address, { fileContainingSymbol: service });
  // A FileDescriptorSet is the files one after the other, each as field 1.
  const files = answer.fileDescriptorResponse!.fileDescriptorProto.flatMap((file) => [
    Buffer.from([0x0a, ...varint(file.length)]),
    file,
  ]);
  return await call(
    connect(loadFileDescriptorSetFromBuffer(Buffer.concat(files), { ...options, keepCase: true }), service, address),
    method,
    request,
  );
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
