import { healthPackageDefinition } from './health.js';
import { createClientOf, type ClientConfig, type ClientLife } from './client.js';
import type { CallOptions } from './handler-types.js';
import { serviceContract } from './services.js';

/** What `grpc.health.v1.Health` says of a service. */
export type ServingState = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

/** Client of the standard health service. */
export interface HealthClient extends ClientLife {
  /**
   * @param service full name; empty: the server as a whole
   * @throws NOT_FOUND for a service that the server does not know; SERVICE_UNAVAILABLE when nobody answers
   */
  check(service: string, options?: CallOptions): Promise<ServingState>;
}

interface Health {
  check(request: { service: string }, options?: CallOptions): Promise<{ status: ServingState }>;
}

/** Creates a client of the health service at `host:port`. */
export function createHealthClient(address: string, config: ClientConfig = {}): HealthClient {
  const definition = healthPackageDefinition();
  const client = createClientOf(
    serviceContract<unknown, Health>('grpc.health.v1.Health', () => definition),
    address,
    config,
  );
  return { ...client, check: async (service, options) => (await client.check({ service }, options)).status };
}
