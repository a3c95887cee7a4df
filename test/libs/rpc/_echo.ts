import { loadSync } from '@grpc/proto-loader';
import path from 'node:path';
import type { TestContext } from 'node:test';
import {
  createClientOf,
  implement,
  serviceContract,
  startServer,
  type CallContext,
  type CallOptions,
  type ClientConfig,
  type RpcServer,
  type ServerConfig,
} from '#libs/rpc';
import { createLogger } from '#libs/telemetry';

export interface EchoMessage {
  text?: string;
  payload?: Uint8Array;
  count?: number;
}

/** Handlers of fixtures/echo.proto. */
export interface EchoHandlers {
  unary(request: EchoMessage, context: CallContext): Promise<EchoMessage>;
  clientStream(requests: AsyncIterable<EchoMessage>, context: CallContext): Promise<EchoMessage>;
  serverStream(request: EchoMessage, context: CallContext): AsyncIterable<EchoMessage>;
  bidi(requests: AsyncIterable<EchoMessage>, context: CallContext): AsyncIterable<EchoMessage>;
}

export interface EchoMethods {
  unary(request: EchoMessage, options?: CallOptions): Promise<EchoMessage>;
  clientStream(
    requests: AsyncIterable<EchoMessage> | Iterable<EchoMessage>,
    options?: CallOptions,
  ): Promise<EchoMessage>;
  serverStream(request: EchoMessage, options?: CallOptions): AsyncIterable<EchoMessage>;
  bidi(requests: AsyncIterable<EchoMessage> | Iterable<EchoMessage>, options?: CallOptions): AsyncIterable<EchoMessage>;
}

const definition = loadSync(path.join(import.meta.dirname, 'fixtures/echo.proto'), {
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

export const echo = serviceContract<EchoHandlers, EchoMethods>('sulcus.test.Echo', () => definition);

/** Answers each shape in the plainest way. */
export const plainHandlers: EchoHandlers = {
  unary: async (request) => request,
  clientStream: async (requests) => {
    let count = 0;
    for await (const _ of requests) count++;
    return { count };
  },
  serverStream: async function* (request) {
    for (let count = 0; count < request.count!; count++) yield { text: request.text, count };
  },
  bidi: async function* (requests) {
    for await (const request of requests) yield { text: request.text!.toUpperCase() };
  },
};

/** Lines that a server logged, parsed. */
export interface LogLine {
  level: string;
  msg: string;
  err?: { message: string; stack: string };
  [key: string]: unknown;
}

/** A real server and client of the echo service, closed with the test. */
export async function startEcho(
  t: TestContext,
  handlers: Partial<EchoHandlers> = {},
  { server, client }: { server?: Partial<ServerConfig>; client?: ClientConfig } = {},
): Promise<{ server: RpcServer; client: ReturnType<typeof connectEcho>; logged: LogLine[] }> {
  const logged: LogLine[] = [];
  const started = await startServer({
    address: '127.0.0.1:0',
    implementations: [implement(echo, { ...plainHandlers, ...handlers })],
    log: createLogger('echo', { write: (line) => logged.push(JSON.parse(line) as LogLine) }),
    ...server,
  });
  started.setServing('sulcus.test.Echo', true);
  t.after(() => started.stop(0));
  return { server: started, client: connectEcho(t, started.address, client), logged };
}

export function connectEcho(t: TestContext, address: string, config?: ClientConfig) {
  const client = createClientOf(echo, address, config);
  t.after(() => client.close());
  return client;
}

export async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const message of messages) collected.push(message);
  return collected;
}

export const sleep = (timeMs: number) => new Promise<void>((resolve) => setTimeout(resolve, timeMs));
