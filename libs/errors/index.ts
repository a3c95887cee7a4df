/** One error model for every service: stable codes, gRPC status, retry policy. */
export { ERROR_CODES, GrpcStatus, type ErrorCode, type ErrorPolicy } from './codes.js';
export { isTransient, SulcusError, type ErrorDetails } from './sulcus-error.js';
