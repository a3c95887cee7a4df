import { GrpcStatus, type SulcusError } from '#libs/errors';

/** As google.rpc.Code maps them (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto). */
const STATUSES: Readonly<Record<number, number>> = {
  [GrpcStatus.CANCELLED]: 499,
  [GrpcStatus.INVALID_ARGUMENT]: 400,
  [GrpcStatus.FAILED_PRECONDITION]: 400,
  [GrpcStatus.OUT_OF_RANGE]: 400,
  [GrpcStatus.UNAUTHENTICATED]: 401,
  [GrpcStatus.PERMISSION_DENIED]: 403,
  [GrpcStatus.NOT_FOUND]: 404,
  [GrpcStatus.ABORTED]: 409,
  [GrpcStatus.ALREADY_EXISTS]: 409,
  [GrpcStatus.UNIMPLEMENTED]: 501,
  // Our back-pressure is the server's, not a quota of the caller.
  [GrpcStatus.RESOURCE_EXHAUSTED]: 503,
  [GrpcStatus.UNAVAILABLE]: 503,
  [GrpcStatus.DEADLINE_EXCEEDED]: 504,
};

/** HTTP status of an error. */
export const httpStatusOf = ({ policy }: SulcusError): number => STATUSES[policy.grpcStatus] ?? 500;
