import { GrpcStatus, type SulcusError } from '#libs/errors';

/** Why a request got no probabilities. */
export type RejectionReason =
  | 'QUEUE_REQUESTS'
  | 'QUEUE_BYTES'
  | 'CANCELLED'
  | 'DEADLINE'
  | 'INVALID'
  | 'NOT_READY'
  | 'BACKEND'
  | 'BROKER'
  | 'OTHER';

/** Statuses of what the caller must put right. */
const CALLER_ERRORS: ReadonlySet<number> = new Set([
  GrpcStatus.INVALID_ARGUMENT,
  GrpcStatus.NOT_FOUND,
  GrpcStatus.UNIMPLEMENTED,
]);

/** Sorts an error by what an operator would do about it. */
export function rejectionReason({ code, details, policy }: SulcusError): RejectionReason {
  switch (code) {
    case 'BACKPRESSURE':
      return details.reason === 'bytes' ? 'QUEUE_BYTES' : 'QUEUE_REQUESTS';
    case 'CANCELLED':
      return 'CANCELLED';
    case 'DEADLINE_EXCEEDED':
      return 'DEADLINE';
    case 'MODEL_NOT_READY':
    case 'SERVICE_UNAVAILABLE':
      return 'NOT_READY';
    case 'ENGINE_FAILED':
      return 'BACKEND';
    case 'BUS_UNAVAILABLE':
    case 'STORAGE_FULL':
      return 'BROKER';
    default:
      return CALLER_ERRORS.has(policy.grpcStatus) ? 'INVALID' : 'OTHER';
  }
}
