import type { handleBidiStreamingCall, Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';

/** Requests of health checks and reflection are short. */
const MAX_FOREIGN_BYTES = 4096;

/**
 * A server as services of other packages see it: their requests are bounded before they are decoded, and the next of a
 * stream is read when the answer to the one before has left.
 */
export function forForeignServices(server: Server): Server {
  const addService: Server['addService'] = (definition, implementation) =>
    server.addService(boundedRequests(definition), pacedStreams(definition, implementation));
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

/**
 * Reflection writes an answer of tens of kilobytes to each request of some bytes, whether or not anybody reads: who
 * only asks would have the server hold gigabytes.
 */
function pacedStreams(
  definition: ServiceDefinition,
  implementation: UntypedServiceImplementation,
): UntypedServiceImplementation {
  const isStream = (name: string): boolean =>
    Object.entries(definition).some(
      ([key, { originalName, requestStream, responseStream }]) =>
        (key === name || originalName === name) && requestStream && responseStream,
    );
  return Object.fromEntries(
    Object.entries(implementation).map(([name, handler]) => [
      name,
      isStream(name) ? paced(handler as handleBidiStreamingCall<unknown, unknown>) : handler,
    ]),
  );
}

type DuplexCall = Parameters<handleBidiStreamingCall<unknown, unknown>>[0];

const paced =
  (handler: handleBidiStreamingCall<unknown, unknown>): handleBidiStreamingCall<unknown, unknown> =>
  (call) => {
    holdOne(call);
    const write = call.write.bind(call) as (message: unknown) => boolean;
    call.write = (message: unknown): boolean => {
      const hasLeft = write(message);
      if (!hasLeft) {
        call.pause();
        call.once('drain', () => call.resume());
      }
      return hasLeft;
    };
    handler(call);
  };

/** grpc-js offers no option for the number of messages it buffers; Node keeps it in the stream's states. */
function holdOne(call: DuplexCall): void {
  const { _readableState, _writableState } = call as DuplexCall & {
    _readableState: { highWaterMark: number };
    _writableState: { highWaterMark: number };
  };
  _readableState.highWaterMark = 1;
  _writableState.highWaterMark = 1;
}
