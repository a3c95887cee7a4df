import type { NatsConnection } from '@nats-io/transport-node';
import { SulcusError } from '#libs/errors';

/** Oldest nats-server that has what the topology needs: `sync_interval`, several filter subjects, stream metadata. */
export const MINIMUM_SERVER_VERSION = '2.10.27';

/** Smallest payload limit that holds a blob chunk and its headers; the default of nats-server is 1 MiB. */
export const MINIMUM_MAX_PAYLOAD_BYTES = 640 * 1024;

/** @throws UNSUPPORTED_VERSION, or INVALID_CONFIG for a server that takes too small messages */
export function checkServer({ info }: NatsConnection): void {
  const version = info?.version ?? '0.0.0';
  if (compareVersions(version, MINIMUM_SERVER_VERSION) < 0) {
    throw new SulcusError(
      'UNSUPPORTED_VERSION',
      `The NATS server is version ${version}; ${MINIMUM_SERVER_VERSION} or newer is needed ` +
        '(`npm run setup` brings one)',
      { details: { version, minimum: MINIMUM_SERVER_VERSION } },
    );
  }
  const maxPayloadBytes = info?.max_payload ?? 0;
  if (maxPayloadBytes < MINIMUM_MAX_PAYLOAD_BYTES) {
    throw new SulcusError(
      'INVALID_CONFIG',
      `The NATS server's max_payload is ${maxPayloadBytes} bytes; ` +
        `at least ${MINIMUM_MAX_PAYLOAD_BYTES} are needed, 8 MB recommended`,
    );
  }
}

/** Compares dotted versions by their numbers; a pre-release ("2.15.0-dev") counts as its release. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) =>
    version
      .split(/[.-]/)
      .slice(0, 3)
      .map((part) => Number.parseInt(part, 10) || 0),
  ) as [number[], number[]];
  for (let index = 0; index < 3; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
