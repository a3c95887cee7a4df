import { errors as natsErrors } from '@nats-io/nats-core';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import pLimit, { type LimitFunction } from 'p-limit';
import { beginWait, retryWithBackoff } from '#libs/async';
import { SulcusError, type ErrorCode } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { closeAbandonedSockets } from './abandoned-sockets.js';
import { busError } from './errors.js';
import { brokerSecurity, type BrokerSecurity, type BrokerUser } from './security.js';
import { checkServer, MINIMUM_MAX_PAYLOAD_BYTES } from './server-version.js';
import { tolerateMalformedHeaders } from './tolerant-headers.js';
import { inboxOf } from '../accounts/permissions.js';
import { pullWindow } from '../consumers/pull-window.js';
import type { StreamName } from '../topology.js';

const log = createLogger('bus');

export interface ConnectOptions {
  /** One or more `nats://host:port`, separated by commas; user and password may stand in the URL. */
  servers: string;
  /** Name of the service: shown by the broker, and the name that its dead letters carry. */
  name: string;
  signal?: AbortSignal;
  /** Name among the broker's accounts, and the file of its nkey. Default: what the environment says. */
  user?: BrokerUser | undefined;
  /** How long to wait for a broker that is not up yet, or whose servers still choose who leads. Default: 15 s. */
  connectTimeoutMs?: number;
  /** A broker that is away for longer ends the connection, in milliseconds. Default: it is waited for without end. */
  patienceMs?: number;
}

/** A broker that is loaded or changes its accounts refuses clients for a moment: they try again for so long. */
const REFUSED_MS = 30_000;
/** A refusal that comes longer after the one before begins anew. */
const REFUSAL_GAP_MS = 15_000;

/**
 * A connection that gives up a broker that refuses it, and no other: the client reconnects for ever, and whoever waits
 * for an answer is told when a reconnect made the answer impossible, instead of waiting for a timeout. While it is lost
 * the process's watchdog says so.
 */
export class Connection {
  readonly #resets = new Set<() => void>();
  readonly #denials = new Set<(subject: string, error: SulcusError) => void>();
  readonly #ends = new Set<(error: SulcusError) => void>();
  #isConnected = true;
  /** Why it was closed, though nobody here asked for it. */
  #end: SulcusError | undefined;
  #lossIsOver: (() => void) | undefined;
  #refused: { sinceMs: number; lastMs: number } | undefined;
  readonly #reads = new Map<StreamName, LimitFunction>();

  private constructor(
    readonly nats: NatsConnection,
    readonly js: JetStreamClient,
    readonly manager: JetStreamManager,
    readonly name: string,
    /** Its user in the broker's accounts; undefined where the broker has none of ours. */
    readonly user: string | undefined,
    private readonly patienceMs: number | undefined,
  ) {
    void this.#watchStatus();
    void nats.closed().then((error) => {
      this.#lossIsOver?.();
      if (error) this.#endWith(busError(error, `Lost the NATS server at ${nats.getServer()}`));
    });
  }

  /**
   * @throws BUS_UNAVAILABLE when no broker answers in time, or JetStream is off
   * @throws UNSUPPORTED_VERSION when the broker is too old
   */
  static async open(options: ConnectOptions): Promise<Connection> {
    tolerateMalformedHeaders();
    closeAbandonedSockets();
    const deadlineMs = performance.now() + (options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS);
    const security = brokerSecurity(options);
    const nats = await connectWithin(options, security);
    try {
      checkServer(nats);
      const manager = await managerWithin(nats, deadlineMs, options.signal);
      const js = jetstream(nats, { timeout: API_TIMEOUT_MS });
      // A key that is shown to a broker which demands none says nothing.
      const user = nats.info?.auth_required ? security.user : undefined;
      return new Connection(nats, js, manager, options.name, user, options.patienceMs);
    } catch (error) {
      await nats.close();
      if (error instanceof Error && error.name === 'JetStreamNotEnabled') {
        throw new SulcusError(
          'BUS_UNAVAILABLE',
          `The NATS server at ${nats.getServer()} runs without JetStream: start it with -js`,
          { cause: error },
        );
      }
      throw busError(error, `Could not use the NATS server at ${nats.getServer()}`);
    }
  }

  /** False while the connection is lost. */
  get isConnected(): boolean {
    return this.#isConnected && !this.nats.isClosed();
  }

  /** Why it was closed for good: the broker refused it, or was away for too long. Undefined while it goes on. */
  get end(): SulcusError | undefined {
    return this.#end;
  }

  /** True: it may read and write what is its site's alone, and asks the core for readers. */
  get isSite(): boolean {
    return this.user?.startsWith('site-') ?? false;
  }

  /** Where answers to it go; undefined: where those of everybody do. */
  get inboxPrefix(): string | undefined {
    return this.user === undefined ? undefined : inboxOf(this.user);
  }

  get maxPayloadBytes(): number {
    return this.nats.info?.max_payload ?? MINIMUM_MAX_PAYLOAD_BYTES;
  }

  get serverVersion(): string {
    return this.nats.info?.version ?? 'unknown';
  }

  /** Bounds the reads of stored messages on their way at once: each may bring one as large as the stream's largest. */
  reads(stream: StreamName): LimitFunction {
    const found = this.#reads.get(stream) ?? pLimit(pullWindow(stream, this.maxPayloadBytes));
    this.#reads.set(stream, found);
    return found;
  }

  /** Calls `listener` whenever the connection was lost and is back; returns how to stop that. */
  onReconnect(listener: () => void): () => void {
    this.#resets.add(listener);
    return () => this.#resets.delete(listener);
  }

  /** Calls `listener` when it is closed for good, though nobody here asked for it; returns how to stop that. */
  onEnd(listener: (error: SulcusError) => void): () => void {
    this.#ends.add(listener);
    return () => this.#ends.delete(listener);
  }

  /** Calls `listener` when the broker refuses something published to `subject`; returns how to stop that. */
  onDenied(subject: string, listener: (error: SulcusError) => void): () => void {
    const onDenial = (denied: string, error: SulcusError): void => {
      if (denied === subject) listener(error);
    };
    this.#denials.add(onDenial);
    return () => this.#denials.delete(onDenial);
  }

  /**
   * Waits for an answer of the broker, but not over a reconnect or an abort: an answer sent to a lost connection never
   * comes.
   *
   * @throws BUS_UNAVAILABLE after a reconnect, why the connection ended, the signal's reason after an abort, else what
   * `work` throws
   */
  async answer<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    work.catch(() => {});
    let stop = () => {};
    const interrupted = new Promise<never>((_, reject) => {
      const unsubscribe = this.onReconnect(() =>
        reject(new SulcusError('BUS_UNAVAILABLE', 'The connection to the broker was reset before it answered')),
      );
      const forgetEnd = this.onEnd(reject);
      const onAbort = () => reject(cancelled(signal!));
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted) onAbort();
      stop = () => {
        unsubscribe();
        forgetEnd();
        signal?.removeEventListener('abort', onAbort);
      };
    });
    try {
      return await Promise.race([work, interrupted]);
    } finally {
      stop();
    }
  }

  #tellError(error: Error): void {
    if (error instanceof natsErrors.AuthorizationError || error instanceof natsErrors.UserAuthenticationExpiredError)
      return this.#isRefused(error);
    if (!(error instanceof natsErrors.PermissionViolationError))
      return log.warn({ err: error }, 'The broker reports an error');
    const { operation, subject } = error;
    log.warn({ operation, subject, user: this.user }, 'The broker refuses what this user may not do');
    for (const listener of [...this.#denials]) listener(subject, busError(error, 'The broker was asked'));
  }

  /** The client by itself gives up at the second refusal of its life, whatever lies between the two. */
  #isRefused(error: Error): void {
    const nowMs = performance.now();
    const refused = this.#refused && nowMs - this.#refused.lastMs < REFUSAL_GAP_MS ? this.#refused : undefined;
    this.#refused = { sinceMs: refused?.sinceMs ?? nowMs, lastMs: nowMs };
    if (!refused) log.warn({ err: error }, 'The broker refuses this client; trying again');
    else if (nowMs - refused.sinceMs > REFUSED_MS)
      this.#endWith(busError(error, `Lost the NATS server at ${this.nats.getServer()}`));
  }

  #endWith(error: SulcusError): void {
    if (this.#end) return;
    this.#end = error;
    log.warn({ code: error.code, reason: error.rawMessage }, 'The connection to the broker is given up');
    for (const listener of [...this.#ends]) listener(error);
    void this.nats.close();
  }

  #isLost(server: string): void {
    // Of one that refuses us each attempt is told.
    if (!this.#isConnected) return;
    this.#isConnected = false;
    log.warn({ server }, 'Lost the broker; reconnecting');
    const endWait = beginWait('the broker (to come back: its connection is lost)');
    const { patienceMs } = this;
    const away = (): void =>
      this.#endWith(
        new SulcusError(
          'BUS_UNAVAILABLE',
          `The NATS server at ${this.nats.getServer()} went away, and did not come back within ${patienceMs! / 1000} s`,
        ),
      );
    const timer = patienceMs === undefined ? undefined : setTimeout(away, patienceMs);
    this.#lossIsOver = () => {
      clearTimeout(timer);
      endWait();
    };
  }

  #isBack(server: string): void {
    this.#isConnected = true;
    log.info({ server }, 'The broker is back');
    this.#lossIsOver?.();
    this.#lossIsOver = this.#refused = undefined;
    for (const listener of [...this.#resets]) listener();
  }

  async #watchStatus(): Promise<void> {
    for await (const status of this.nats.status()) {
      if (status.type === 'disconnect') this.#isLost(status.server);
      if (status.type === 'error') this.#tellError(status.error);
      if (status.type === 'reconnect') this.#isBack(status.server);
    }
  }
}

/** The error of an operation whose signal aborted: CANCELLED, or DEADLINE_EXCEEDED for a timeout. */
export const cancelled = (signal: AbortSignal): SulcusError => SulcusError.from(signal.reason);

/** The broker is there and does not want us: waiting does not help. */
const REFUSED: ReadonlySet<ErrorCode> = new Set(['PERMISSION_DENIED', 'INVALID_ARGUMENT', 'INVALID_CONFIG']);

/** How long the broker may take for an API call; a stream on a slow disk may need seconds. What may be repeated is. */
export const API_TIMEOUT_MS = 5000;

const CONNECT_TIMEOUT_MS = 15_000;

/** Servers of a cluster answer no request before they have chosen a leader: one that was sent too early is lost. */
const FIRST_ANSWER_MS = 1000;

async function managerWithin(
  nats: NatsConnection,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<JetStreamManager> {
  let timeout = FIRST_ANSWER_MS;
  const ask = async (): Promise<void> => {
    try {
      await jetstreamManager(nats, { timeout });
    } catch (error) {
      timeout = Math.min(2 * timeout, API_TIMEOUT_MS);
      if (error instanceof Error && error.name === 'JetStreamNotEnabled') throw error;
      throw busError(error, `Could not use the NATS server at ${nats.getServer()}`);
    }
  };
  await retryWithBackoff(ask, {
    timeoutMs: Math.max(0, deadlineMs - performance.now()),
    signal,
    shouldRetry: ({ code }) => code === 'BUS_UNAVAILABLE' && !nats.isClosed(),
  });
  return await jetstreamManager(nats, { timeout: API_TIMEOUT_MS, checkAPI: false });
}

async function connectWithin(
  { servers, name, signal, connectTimeoutMs = CONNECT_TIMEOUT_MS }: ConnectOptions,
  { options: security, user }: BrokerSecurity,
): Promise<NatsConnection> {
  const deadlineMs = performance.now() + connectTimeoutMs;
  const address = parseServers(servers);
  const attempt = async (): Promise<NatsConnection> => {
    if (signal?.aborted) throw cancelled(signal);
    try {
      return await connect({
        ...address,
        ...security,
        ...(user === undefined ? {} : { inboxPrefix: inboxOf(user) }),
        name,
        timeout: Math.max(250, Math.min(5000, deadlineMs - performance.now())),
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        reconnectJitter: 100,
        pingInterval: 10_000,
        maxPingOut: 2,
        ignoreAuthErrorAbort: true,
        noAsyncTraces: true,
      });
    } catch (error) {
      throw busError(error, `Could not connect to the NATS server at ${address.servers.join(', ')}`);
    }
  };
  const mayStart = ({ code }: SulcusError) => !REFUSED.has(code);
  try {
    return await retryWithBackoff(attempt, {
      timeoutMs: connectTimeoutMs,
      maxDelayMs: 250,
      signal,
      shouldRetry: mayStart,
    });
  } catch (error) {
    if (signal?.aborted || !mayStart(error as SulcusError)) throw error;
    throw new SulcusError(
      'BUS_UNAVAILABLE',
      `No NATS server answers at ${address.servers.join(', ')} (waited ${Math.round(connectTimeoutMs / 1000)} s). ` +
        'Start one (`npm start` does, or `nats-server -js`), or set SULCUS_NATS_URL to where it runs',
      { cause: error },
    );
  }
}

/** Splits credentials off the URLs: the client takes them apart from the address. */
function parseServers(servers: string): { servers: string[]; user?: string; pass?: string } {
  const urls = servers.split(',').map((text) => {
    const trimmed = text.trim();
    const address = trimmed.includes('://') ? trimmed : `nats://${trimmed}`;
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url === undefined || url.hostname === '')
      throw new SulcusError('INVALID_ARGUMENT', 'A NATS server is given as nats://host:port (SULCUS_NATS_URL, --nats)');
    return url;
  });
  const user = urls.find((url) => url.username !== '');
  return {
    servers: urls.map((url) => `${url.hostname}:${url.port || '4222'}`),
    ...(user ? { user: decodeURIComponent(user.username), pass: decodeURIComponent(user.password) } : {}),
  };
}
