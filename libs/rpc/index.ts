/**
 * gRPC as plain async functions and async generators; the only lib that knows grpc-js.
 *
 * A server adds to its handlers: W3C trace context, deadlines and cancellation as an AbortSignal, one mapping from
 * errors to statuses, back-pressure both ways, health checks, reflection and a graceful stop. A client gets the same
 * errors back, with the code that the server gave.
 */
// ---- server
export { startServer, type RpcServer, type ServerConfig } from './server.js';
export type { CallContext } from './call-context.js';
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
