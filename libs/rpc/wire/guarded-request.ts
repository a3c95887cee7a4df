import type { MethodDefinition, PackageDefinition } from '@grpc/proto-loader';
import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';
import { DEFAULT_WIRE_LIMITS, inspectMessage, putBack } from './inspect.js';
import { requestShape } from './shapes.js';

/** What stands in place of a request that was refused before it was decoded: its call fails with the error. */
export class RefusedRequest {
  constructor(readonly error: SulcusError) {}
}

/** Methods whose requests may have more fields than others. */
const MAX_FIELDS: Readonly<Record<string, number>> = { '/sulcus.v1.Ingest/Annotate': LIMITS.annotateFields.value };

/**
 * A method whose requests are decoded only when they are within the limits. What is not is a {@link RefusedRequest}:
 * grpc-js makes INTERNAL of whatever decoding throws.
 */
export function guardedRequests(
  definition: MethodDefinition<object, object>,
  all: PackageDefinition,
): MethodDefinition<object, object> {
  const shape = requestShape(definition.requestType, all);
  const limits = { ...DEFAULT_WIRE_LIMITS, maxFields: MAX_FIELDS[definition.path] ?? DEFAULT_WIRE_LIMITS.maxFields };
  return {
    ...definition,
    requestDeserialize: (bytes) => {
      try {
        const lifted = inspectMessage(bytes, shape, limits);
        const message = definition.requestDeserialize(bytes);
        putBack(message, lifted);
        return message;
      } catch (error) {
        return new RefusedRequest(
          error instanceof SulcusError
            ? error
            : new SulcusError('INVALID_ARGUMENT', 'The bytes are no message of this method', { cause: error }),
        );
      }
    },
  };
}

/** @throws what a request was refused for */
export function accepted<T>(request: T): T {
  if (request instanceof RefusedRequest) throw request.error;
  return request;
}
