import type { Server, ServiceDefinition } from '@grpc/grpc-js';

/** Requests of health checks and reflection are short. */
const MAX_FOREIGN_BYTES = 4096;

/** A server as services of other packages see it: their requests are bounded before they are decoded. */
export function forForeignServices(server: Server): Server {
  const addService: Server['addService'] = (definition, implementation) =>
    server.addService(boundedRequests(definition), implementation);
  return { addService } as Server;
}

function boundedRequests(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      {
        ...method,
        requestDeserialize: (bytes: Buffer): unknown => {
          if (bytes.length > MAX_FOREIGN_BYTES)
            throw new Error(`A request has ${bytes.length} bytes, the limit is ${MAX_FOREIGN_BYTES}`);
          return method.requestDeserialize(bytes) as unknown;
        },
      },
    ]),
  );
}
