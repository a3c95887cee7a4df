/**
 * gRPC as plain async functions and async generators. The only lib that imports grpc-js; of ours it imports access,
 * async, contracts, errors, limits and telemetry.
 *
 * A server adds to its handlers: W3C trace context, deadlines and cancellation as an AbortSignal, one mapping from
 * errors to statuses, back-pressure both ways, health checks, reflection and a graceful stop. A client gets the same
 * errors back, with the code that the server gave.
 *
 *     const server = await startServer({ address: '127.0.0.1:7001', services: { Ingest: handlers }, … });
 *     server.setServing('Ingest', true);
 *     using client = createClient('Ingest', server.address);
 *     const { accepted } = await client.annotate({ annotations });
 */
// ---- server
export { startServer, type RpcServer, type ServerConfig } from './server.js';
export type { CallContext } from './call-context.js';
export type { MessageRole } from './server-security.js';
export type { FinishedCall } from './serve-call.js';
export { DEFAULT_MAX_MESSAGE_BYTES, type ServerLimits } from './channel-options.js';

// ---- client
export { createClient, createClientOf, type ClientConfig, type ClientLife } from './client.js';
export { createHealthClient, type HealthClient, type ServingState } from './health-client.js';
export type { CallOptions } from './handler-types.js';

// ---- services
export {
  contracts,
  implement,
  serviceContract,
  type Handlers,
  type Methods,
  type ServiceContract,
  type ServiceImplementation,
  type ServiceName,
} from './services.js';
export type { ServiceHandlers, ServiceMethods, UntypedHandler, UntypedHandlers } from './handler-types.js';

// ---- errors on the wire
export { ERROR_CODE_TRAILER, fromServiceError } from './error-mapping.js';
