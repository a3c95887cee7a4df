/** gRPC status codes by name (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export const GrpcStatus = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** What an error means to callers: the status a gRPC client sees, and whether trying again can help. */
export interface ErrorPolicy {
  grpcStatus: (typeof GrpcStatus)[keyof typeof GrpcStatus];
  /**
   * True: another attempt may succeed, a few are worth it, and a bus consumer naks with delay. False: it gives up and
   * writes a dead letter.
   */
  retryable: boolean;
  /**
   * True: a state of the system around us that ends by itself, whatever is asked of it: worth waiting for, however
   * long, and no fault of what is being worked on. Implies `retryable`.
   */
  transient: boolean;
}

type Status = ErrorPolicy['grpcStatus'];
const permanent = (grpcStatus: Status): ErrorPolicy => ({ grpcStatus, retryable: false, transient: false });
const retryable = (grpcStatus: Status): ErrorPolicy => ({ grpcStatus, retryable: true, transient: false });
const transient = (grpcStatus: Status): ErrorPolicy => ({ grpcStatus, retryable: true, transient: true });

/** Every stable error code. A code is never renamed: clients, dashboards and dead letters refer to it. */
export const ERROR_CODES = {
  // ---- the caller's input
  /** A request field, option or argument is missing or out of range. */
  INVALID_ARGUMENT: permanent(GrpcStatus.INVALID_ARGUMENT),
  /** Environment or command line cannot be used as given. */
  INVALID_CONFIG: permanent(GrpcStatus.FAILED_PRECONDITION),
  /** Zero bytes where an image was expected. */
  IMAGE_EMPTY: permanent(GrpcStatus.INVALID_ARGUMENT),
  /** The bytes are no image of a known format. */
  IMAGE_UNDECODABLE: permanent(GrpcStatus.INVALID_ARGUMENT),
  /** The image starts well and ends too early or is damaged. */
  IMAGE_TRUNCATED: permanent(GrpcStatus.INVALID_ARGUMENT),
  /** More pixels or bytes than the configured limit: possibly a decompression bomb. */
  IMAGE_TOO_LARGE: permanent(GrpcStatus.INVALID_ARGUMENT),
  /** A readable image of a kind that is not accepted: animated, or of an unsupported bit depth or format. */
  IMAGE_UNSUPPORTED: permanent(GrpcStatus.INVALID_ARGUMENT),
  /** The same content was ingested before under another label. */
  LABEL_CONFLICT: permanent(GrpcStatus.ALREADY_EXISTS),
  /** Other images of the same patient or study are in another split than this one is to be in. */
  SPLIT_CONFLICT: permanent(GrpcStatus.ALREADY_EXISTS),
  /** The image, or all of its patient, was withdrawn: it is not taken in again. */
  WITHDRAWN: permanent(GrpcStatus.PERMISSION_DENIED),
  /** A file could not be opened or read. */
  FILE_UNREADABLE: permanent(GrpcStatus.NOT_FOUND),
  /** A bus message does not follow its schema. */
  MESSAGE_INVALID: permanent(GrpcStatus.INVALID_ARGUMENT),
  /** Bytes differ from the hash they came with. */
  HASH_MISMATCH: permanent(GrpcStatus.DATA_LOSS),
  NOT_FOUND: permanent(GrpcStatus.NOT_FOUND),
  ALREADY_EXISTS: permanent(GrpcStatus.ALREADY_EXISTS),
  UNAUTHENTICATED: permanent(GrpcStatus.UNAUTHENTICATED),
  PERMISSION_DENIED: permanent(GrpcStatus.PERMISSION_DENIED),
  UNIMPLEMENTED: permanent(GrpcStatus.UNIMPLEMENTED),
  /** A broker, library or file is of a version that cannot be used. */
  UNSUPPORTED_VERSION: permanent(GrpcStatus.FAILED_PRECONDITION),

  // ---- the state of the system
  /** Somebody else wrote first (compare-and-set). */
  CONFLICT: retryable(GrpcStatus.ABORTED),
  /** A stream or queue is full: send again later. */
  BACKPRESSURE: transient(GrpcStatus.RESOURCE_EXHAUSTED),
  /** The broker cannot be reached or does not answer. */
  BUS_UNAVAILABLE: transient(GrpcStatus.UNAVAILABLE),
  /** Another service cannot be reached, is not ready yet or is stopping. */
  SERVICE_UNAVAILABLE: transient(GrpcStatus.UNAVAILABLE),
  DEADLINE_EXCEEDED: retryable(GrpcStatus.DEADLINE_EXCEEDED),
  CANCELLED: retryable(GrpcStatus.CANCELLED),
  /** No model version is loaded and warm yet. */
  MODEL_NOT_READY: transient(GrpcStatus.UNAVAILABLE),
  /** A model version's card, weights or self-check is wrong: it must not serve. */
  MODEL_INVALID: permanent(GrpcStatus.FAILED_PRECONDITION),
  /** The engine process died, stalls or refused an op; a new one is started: clients try again. */
  ENGINE_FAILED: retryable(GrpcStatus.UNAVAILABLE),
  /** No engine can be had on this machine. */
  ENGINE_UNAVAILABLE: permanent(GrpcStatus.FAILED_PRECONDITION),
  /** The disk has no room. */
  STORAGE_FULL: transient(GrpcStatus.RESOURCE_EXHAUSTED),
  /** The disk refuses writes for another reason: read-only, broken, not ours to write. */
  STORAGE_FAILED: transient(GrpcStatus.UNAVAILABLE),
  /** The broker acknowledges messages before they are on the disk: a power loss may take the newest. */
  NOT_DURABLE: permanent(GrpcStatus.FAILED_PRECONDITION),
  /** The broker holds another state than the one that this process belongs to. */
  STATE_MISMATCH: permanent(GrpcStatus.FAILED_PRECONDITION),
  PORT_IN_USE: permanent(GrpcStatus.FAILED_PRECONDITION),
  /** A defect of ours: the details are in the log, not in the answer. */
  INTERNAL: retryable(GrpcStatus.INTERNAL),
} as const satisfies Record<string, ErrorPolicy>;

export type ErrorCode = keyof typeof ERROR_CODES;
