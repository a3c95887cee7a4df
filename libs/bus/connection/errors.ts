import { errors as natsErrors, type PermissionViolationError } from '@nats-io/nats-core';
import { JetStreamApiError } from '@nats-io/jetstream';
import { SulcusError, type ErrorCode } from '#libs/errors';
import { diskErrorCode } from './disk-errors.js';

/** Error numbers of the JetStream API (nats-server errors.json) that mean something to us. */
export const JetStreamCode = {
  /** The stream's discard policy or the disk refused the message. */
  STORE_FAILED: 10077,
  WRONG_LAST_SEQUENCE: 10071,
  WRONG_LAST_SEQUENCE_UNKNOWN: 10164,
  STREAM_NOT_FOUND: 10059,
  CONSUMER_NOT_FOUND: 10014,
  MESSAGE_NOT_FOUND: 10037,
  SEQUENCE_NOT_FOUND: 10043,
  MESSAGE_DELETE_FAILED: 10057,
  STREAM_NAME_IN_USE: 10058,
  MESSAGE_TOO_LARGE: 10054,
} as const;

const API_CODES: Readonly<Record<number, ErrorCode>> = {
  [JetStreamCode.WRONG_LAST_SEQUENCE]: 'CONFLICT',
  [JetStreamCode.WRONG_LAST_SEQUENCE_UNKNOWN]: 'CONFLICT',
  [JetStreamCode.STREAM_NOT_FOUND]: 'NOT_FOUND',
  [JetStreamCode.CONSUMER_NOT_FOUND]: 'NOT_FOUND',
  [JetStreamCode.MESSAGE_NOT_FOUND]: 'NOT_FOUND',
  [JetStreamCode.MESSAGE_TOO_LARGE]: 'INVALID_ARGUMENT',
  10023: 'STORAGE_FULL', // insufficient resources
  10047: 'STORAGE_FULL', // insufficient storage resources available
  10028: 'STORAGE_FULL', // resource limits exceeded for account
};

/** What is set up at the broker in a way that we cannot work with, and what to do about it. */
const SETTINGS: Readonly<Record<number, string>> = {
  10026: 'raise max_consumers of the account: every reader of a stream is one',
  10027: 'raise max_streams of the account: sulcus has a stream of each kind, and one of each bucket',
  10065: 'a stream that is none of ours takes what is sent to ours: delete it, or give sulcus an account of its own',
};

/** True when the broker says that a consumer or stream is not there. */
export function isNotFound(error: unknown): boolean {
  return (
    error instanceof JetStreamApiError &&
    (error.code === JetStreamCode.CONSUMER_NOT_FOUND || error.code === JetStreamCode.STREAM_NOT_FOUND)
  );
}

/** True when a message that was to be deleted is not there; servers say so in several ways. */
export function isDeletedAlready(error: unknown): boolean {
  if (!(error instanceof JetStreamApiError)) return false;
  const { code, message } = error;
  if (code === JetStreamCode.MESSAGE_DELETE_FAILED) return /no message found|stream store EOF/.test(message);
  return code === JetStreamCode.MESSAGE_NOT_FOUND || code === JetStreamCode.SEQUENCE_NOT_FOUND;
}

/** True when an expected last sequence differs: somebody wrote first. */
export function isWrongLastSequence(error: unknown): boolean {
  return (
    error instanceof JetStreamApiError &&
    (error.code === JetStreamCode.WRONG_LAST_SEQUENCE || error.code === JetStreamCode.WRONG_LAST_SEQUENCE_UNKNOWN)
  );
}

function fromApiError(error: JetStreamApiError, doing: string): SulcusError {
  const details = { jetStreamCode: error.code };
  if (error.code === JetStreamCode.STORE_FAILED) {
    const full = /maximum (bytes|messages)/.test(error.message);
    return full
      ? new SulcusError('BACKPRESSURE', `${doing}: the stream is full (${error.message})`, { cause: error, details })
      : new SulcusError('STORAGE_FULL', `${doing}: the broker could not store the message (${error.message})`, {
          cause: error,
          details,
        });
  }
  const remedy = SETTINGS[error.code];
  if (remedy !== undefined)
    return new SulcusError('INVALID_CONFIG', `${doing}: ${error.message}: ${remedy}`, { cause: error, details });
  const code =
    API_CODES[error.code] ?? diskErrorCode(error.message) ?? (error.status >= 500 ? 'BUS_UNAVAILABLE' : 'INTERNAL');
  return new SulcusError(code, `${doing}: ${error.message}`, { cause: error, details });
}

/** Errors by name because the client's own classes for them are not part of its public interface. */
const UNAVAILABLE_NAMES = new Set([
  'TimeoutError',
  'ConnectionError',
  'ClosedConnectionError',
  'DrainingConnectionError',
  'NoRespondersError',
  'RequestError',
  'JetStreamError',
  'JetStreamStatusError',
]);

/** What Node says when the two ends do not accept each other's certificates, or one of them speaks no TLS. */
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(GET|VERIFY))/;

const HOW_TO_PROVE =
  'SULCUS_NATS_ACCOUNT and SULCUS_NATS_NKEY_FILE say who it is: the keys of a state are in its folder keys/broker';

/** What the broker refused, which a request has as its cause. */
function denialOf(error: unknown): PermissionViolationError | undefined {
  if (error instanceof natsErrors.PermissionViolationError) return error;
  return error instanceof Error && error.cause instanceof natsErrors.PermissionViolationError ? error.cause : undefined;
}

/** Turns anything the NATS client throws into a SulcusError; `doing` says what was tried. */
export function busError(error: unknown, doing: string): SulcusError {
  if (error instanceof SulcusError) return error;
  if (error instanceof JetStreamApiError) return fromApiError(error, doing);
  if (error instanceof Error && TLS_CODE.test((error as NodeJS.ErrnoException).code ?? ''))
    return new SulcusError('PERMISSION_DENIED', `${doing}: TLS failed (${error.message})`, { cause: error });
  const denial = denialOf(error);
  if (denial) {
    const { operation, subject } = denial;
    const verb = operation === 'publish' ? 'publish' : 'subscribe';
    const message = `${doing}: the broker does not let this user ${verb} to "${subject}"`;
    return new SulcusError('PERMISSION_DENIED', message, { cause: error, details: { operation, subject } });
  }
  if (error instanceof natsErrors.AuthorizationError || error instanceof natsErrors.UserAuthenticationExpiredError) {
    return new SulcusError(
      'PERMISSION_DENIED',
      `${doing}: the broker refuses this client (${error.message}). ${HOW_TO_PROVE}`,
      {
        cause: error,
      },
    );
  }
  if (error instanceof natsErrors.InvalidArgumentError)
    return new SulcusError('INVALID_ARGUMENT', `${doing}: ${error.message}`, { cause: error });
  if (error instanceof Error && error.name === 'JetStreamNotEnabled') {
    return new SulcusError(
      'BUS_UNAVAILABLE',
      `${doing}: nobody stores this: JetStream is starting or off, or the streams were not created`,
      { cause: error },
    );
  }
  if (error instanceof Error && UNAVAILABLE_NAMES.has(error.name)) {
    return new SulcusError('BUS_UNAVAILABLE', `${doing}: the broker does not answer (${error.message})`, {
      cause: error,
    });
  }
  return SulcusError.from(error);
}
