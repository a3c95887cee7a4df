import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { isLoopback, type ServerSecurity } from '#libs/access';
import { onStall, pause } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { createLogger, type Logger } from '#libs/telemetry';
import { compileServerOptions, DEFAULT_MAX_MESSAGE_BYTES, type ServerLimits } from './channel-options.js';
import { forForeignServices } from './guard/foreign-services.js';
import { ServerGuard } from './guard/server-guard.js';
import { Health } from './health.js';
import { addReflection } from './reflection.js';
import {
  authorizeBy,
  LOOPBACK_ONLY,
  renewCertificates,
  serverCredentials,
  type MessageRole,
  type Renewable,
} from './server-security.js';
import { serveCall, type CallEnvironment, type FinishedCall } from './serve-call.js';
import { contracts, type Handlers, type ServiceImplementation, type ServiceName } from './services.js';
import { guardedRequests } from './wire/guarded-request.js';
import { createWideWindowServer } from './wide-window-server.js';

export interface ServerConfig {
  /** `host:port`; port 0 takes a free one. */
  address: string;
  /** Our own services by short name. */
  services?: { [Name in ServiceName]?: Handlers<Name> };
  /** Services of any package definition, joined by `implement`. */
  implementations?: readonly ServiceImplementation[];
  limits?: ServerLimits;
  /** TLS, and who may do what. Default: neither, on this machine alone. */
  security?: ServerSecurity;
  /** The site that it takes things in for: peers of another site are denied. Default: any. */
  site?: string;
  /** Role that a request message needs beside that of its method. */
  messageRole?: MessageRole;
  /** Environment variable that sets the address: named when the port is taken. */
  addressVariable?: string;
  /**
   * Whether what the process's watchdog says it waits for (`onStall` of libs/async) keeps this server from answering:
   * its health is then NOT_SERVING until that has come. Default: always.
   */
  isHeldUpBy?: (stall: string) => boolean;
  /** Told of every finished call, health and reflection excepted. */
  onCallFinished?: (call: FinishedCall) => void;
  log?: Logger;
  /** Stops the server with the default grace. */
  signal?: AbortSignal;
}

export interface RpcServer extends AsyncDisposable {
  /** The port that was bound. */
  readonly port: number;
  /** `host:port` as clients on this machine reach it. */
  readonly address: string;
  /** Sets what health checks answer for a service, by short or full name. */
  setServing(service: ServiceName | (string & {}), serving: boolean): void;
  /** NOT_SERVING to health watchers, no new calls, then up to `graceMs` for the running ones, then they are cut. */
  stop(graceMs?: number): Promise<void>;
}

/** Kubernetes gives a pod 30 s; this leaves room for flushing. */
const DEFAULT_GRACE_MS = 10_000;

/** How long the last frames of finished calls and watchers may take to leave. */
const FLUSH_MS = 200;

/**
 * Starts a gRPC server with health checks and reflection. Services start as NOT_SERVING: say `setServing` when ready.
 *
 * @throws PORT_IN_USE; INVALID_CONFIG for an address that cannot be bound, or that others reach without TLS and
 * identity
 */
export async function startServer(config: ServerConfig): Promise<RpcServer> {
  const log = config.log ?? createLogger('rpc');
  const security = config.security ?? LOOPBACK_ONLY;
  const credentials = serverCredentials(config.address, security);
  const running = new Set<Promise<void>>();
  const environment: CallEnvironment = {
    log,
    onCallFinished: config.onCallFinished ?? (() => undefined),
    authorize: authorizeBy(security, config.site),
    messageRole: config.messageRole,
    track: (call) => {
      running.add(call);
      void call.finally(() => running.delete(call));
    },
  };

  const implementations = [...ourImplementations(config.services ?? {}), ...(config.implementations ?? [])];
  const names = implementations.map(({ contract }) => contract.fullName);
  const listeners: Renewable[] = [];
  const guard = new ServerGuard(config.limits?.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES);
  const server = createWideWindowServer(compileServerOptions(config.limits), guard, (each) =>
    listeners.push(each as Renewable),
  );
  for (const implementation of implementations) addImplementation(server, implementation, environment);
  if (security.insecure && !isLoopback(config.address))
    log.warn({ address: config.address }, 'SULCUS_INSECURE: whoever reaches this address may call everything');
  const health = new Health(names);
  health.addTo(forForeignServices(server));
  addReflection(
    forForeignServices(server),
    implementations.map(({ contract }) => contract),
  );

  const port = await bind(server, credentials, config);
  const forgetStalls = followWatchdog(health, config.isHeldUpBy ?? (() => true), log);
  const stopRenewing = new AbortController();
  renewCertificates(listeners, security, { log, signal: stopRenewing.signal });
  const host = config.address.slice(0, config.address.lastIndexOf(':'));

  let stopped: Promise<void> | undefined;
  const stop = (graceMs = DEFAULT_GRACE_MS) => {
    forgetStalls();
    stopRenewing.abort();
    return (stopped ??= stopServer(server, health, running, graceMs));
  };
  config.signal?.addEventListener('abort', () => void stop(), { once: true });

  return {
    port,
    address: `${/^(0\.0\.0\.0|\[::\])$/.test(host) ? '127.0.0.1' : host}:${port}`,
    setServing: (service, serving) => {
      const fullName = service in contracts ? contracts[service as ServiceName].fullName : service;
      if (!names.includes(fullName)) throw new SulcusError('INVALID_ARGUMENT', `This server has no service ${service}`);
      health.setServing(fullName, serving);
    },
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** @returns how to stop that */
function followWatchdog(health: Health, isHeldUpBy: (stall: string) => boolean, log: Logger): () => void {
  let heldUpBy: string | undefined;
  return onStall((stall) => {
    const before = heldUpBy;
    heldUpBy = stall !== undefined && isHeldUpBy(stall) ? stall : undefined;
    health.setHeldUp(heldUpBy !== undefined);
    if (heldUpBy !== undefined && before === undefined)
      log.warn({ reason: heldUpBy }, `NOT_SERVING to health checks: ${heldUpBy}`);
    if (heldUpBy === undefined && before !== undefined) log.info('health checks are answered as before');
  });
}

function ourImplementations(services: NonNullable<ServerConfig['services']>): ServiceImplementation[] {
  return Object.entries(services)
    .filter(([, handlers]) => handlers !== undefined)
    .map(([name, handlers]) => ({ contract: contracts[name as ServiceName], handlers: handlers }));
}

/** Methods without a handler answer UNIMPLEMENTED. */
function addImplementation(
  server: Server,
  { contract, handlers }: ServiceImplementation,
  environment: CallEnvironment,
): void {
  const guarded = Object.fromEntries(
    Object.entries(contract.definition).map(([name, definition]) => [
      name,
      guardedRequests(definition, contract.messages),
    ]),
  );
  const methods = Object.entries(guarded).flatMap(([name, definition]) => {
    const handler = handlers[name.charAt(0).toLowerCase() + name.slice(1)];
    return handler ? [[name, serveCall(definition, handler.bind(handlers), environment)] as const] : [];
  });
  server.addService(guarded, Object.fromEntries(methods));
}

function bind(
  server: Server,
  credentials: ServerCredentials,
  { address, addressVariable }: ServerConfig,
): Promise<number> {
  const remedy = addressVariable ? `set ${addressVariable} to another address` : 'choose another address';
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (!error) return resolve(port);
      if (error.message.includes('EADDRINUSE')) {
        return reject(
          new SulcusError('PORT_IN_USE', `${address} is in use by another process: stop that process, or ${remedy}`, {
            cause: error,
            details: { address },
          }),
        );
      }
      reject(
        new SulcusError('INVALID_CONFIG', `Cannot listen on ${address} (${error.message}): ${remedy}`, {
          cause: error,
          details: { address },
        }),
      );
    });
  });
}

async function stopServer(
  server: Server,
  health: Health,
  running: ReadonlySet<Promise<void>>,
  graceMs: number,
): Promise<void> {
  health.setAllNotServing();
  // Waits for every stream, open health watches among them, so only our own calls decide how long the grace lasts.
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  const deadlineMs = performance.now() + graceMs;
  while (running.size > 0 && performance.now() < deadlineMs) {
    await Promise.race([Promise.allSettled(running), pause(deadlineMs - performance.now())]);
  }
  await Promise.race([closed, pause(FLUSH_MS)]);
  server.forceShutdown();
}
