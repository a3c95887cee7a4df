import { Client, connectivityState } from '@grpc/grpc-js';
import { readClientSecurity, type ClientSecurity } from '#libs/access';
import { SulcusError } from '#libs/errors';
import { callMethod, type CallDefaults } from './client-calls.js';
import { channelCredentials } from './client-security.js';
import { compileClientOptions, DEFAULT_MAX_MESSAGE_BYTES, type ConnectionOptions } from './channel-options.js';
import { contracts, type Methods, type ServiceContract, type ServiceName } from './services.js';

export interface ClientConfig extends ConnectionOptions {
  /**
   * Time a single call may take, waiting for the server included, in milliseconds. Default: 30 s. Streams have no limit
   * of their own.
   */
  timeoutMs?: number;
  /** How long to wait for a server that is not there (yet), in milliseconds. Default: 10 s. */
  connectTimeoutMs?: number;
  /** Largest message, either way, in bytes. Default: 16 MiB, as the server's. */
  maxMessageBytes?: number;
  /**
   * False: a call is sent once, for callers that retry themselves. Default: single calls are sent again while the
   * server is away.
   */
  retry?: boolean;
  /** What people call the server, in messages, for example `predictor`. Default: the full name of its service. */
  serverName?: string;
  /** TLS and identity. Default: as the environment says (see `clientSecurityEnvironment` of libs/access). */
  security?: ClientSecurity;
}

/** What every client has beside the methods of its service. */
export interface ClientLife extends Disposable {
  /**
   * Resolves when the server accepts calls.
   *
   * @throws SERVICE_UNAVAILABLE when it does not within the time
   */
  waitForReady(timeoutMs?: number): Promise<void>;
  close(): void;
}

/** Creates a client of one of our services: `createClient('Predictor', '127.0.0.1:7002').predict({ image })`. */
export function createClient<Name extends ServiceName>(
  service: Name,
  address: string,
  config: ClientConfig = {},
): Methods<Name> & ClientLife {
  return createClientOf(contracts[service] as ServiceContract<unknown, Methods<Name>>, address, config);
}

/** Creates a client of any service. Every failure is a SulcusError with the code that the server gave. */
export function createClientOf<M>(
  contract: ServiceContract<never, M> | ServiceContract<unknown, M>,
  address: string,
  config: ClientConfig = {},
): M & ClientLife {
  const {
    timeoutMs = 30_000,
    connectTimeoutMs = 10_000,
    maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES,
    retry = true,
    serverName = contract.fullName,
    security = readClientSecurity(),
  } = config;
  const definitions = Object.entries(contract.definition);
  const singleMethods = definitions
    .filter(([, method]) => !method.requestStream && !method.responseStream)
    .map(([name]) => name);
  const client = new Client(
    address,
    channelCredentials(security, address),
    compileClientOptions(address, contract.fullName, retry ? singleMethods : [], maxMessageBytes, config),
  );

  const waitForReady = (waitMs = connectTimeoutMs) =>
    new Promise<void>((resolve, reject) => {
      if (client.getChannel().getConnectivityState(false) === connectivityState.READY) return resolve();
      client.waitForReady(Date.now() + waitMs, (error) => {
        if (!error) return resolve();
        reject(
          new SulcusError('SERVICE_UNAVAILABLE', `No ${serverName} answers at ${address}: is it running?`, {
            cause: error,
            details: { address },
          }),
        );
      });
    });

  const defaults: CallDefaults = { client, timeoutMs, waitForReady };
  const methods = definitions.map(
    ([name, definition]) => [name.charAt(0).toLowerCase() + name.slice(1), callMethod(definition, defaults)] as const,
  );
  const life: ClientLife = { waitForReady, close: () => client.close(), [Symbol.dispose]: () => client.close() };
  return { ...Object.fromEntries(methods), ...life } as M & ClientLife;
}
