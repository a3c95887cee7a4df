import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js';
import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type ConnectionOptions, type SecureContextOptions } from 'node:tls';

type SecureConnector = ReturnType<ChannelCredentials['_createSecureConnector']>;

/** The IP address that a server is called by; undefined for one with a name. @param address `host:port` */
export function ipAddressOf(address: string): string | undefined {
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : host;
}

/**
 * TLS with a server that is called by its IP address. Its certificate must be for that address; no server name is
 * sent, in which an address may not stand (RFC 6066 section 3): grpc-js puts it there, and Node warns of it.
 */
export class IpAddressCredentials extends ChannelCredentials {
  readonly #options: ConnectionOptions;

  constructor(ipAddress: string, material: SecureContextOptions) {
    super();
    this.#options = { host: ipAddress, ALPNProtocols: ['h2'], secureContext: createSecureContext(material) };
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(
    _target: unknown,
    _options: unknown,
    callCredentials = CallCredentials.createEmpty(),
  ): SecureConnector {
    return {
      connect: (socket) => this.#secured(socket),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials,
      destroy: () => undefined,
    };
  }

  #secured(socket: Socket): ReturnType<SecureConnector['connect']> {
    return new Promise((resolve, reject) => {
      const secured = connect({ ...this.#options, socket }, () => resolve({ socket: secured, secure: true }));
      secured.on('error', reject);
    });
  }
}
