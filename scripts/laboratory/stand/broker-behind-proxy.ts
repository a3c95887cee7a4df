import { writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Writes a program that the launcher starts as its nats-server (`SULCUS_NATS_SERVER`): the real one with the launcher's
 * own configuration, but on another port, so that the proxy can take its place.
 *
 * @param sync another value for `sync_interval`, such as `"2m"`, the server's own default
 * @returns the program's path
 */
export function writeBrokerProgram(
  folder: string,
  { server, port, sync }: { server: string; port: number; sync?: string | undefined },
): string {
  const file = path.join(folder, 'nats-server-behind-proxy');
  const changes = [
    `-e 's|^listen: .*|listen: "127.0.0.1:${port}"|'`,
    ...(sync === undefined ? [] : [`-e 's|sync_interval: .*|sync_interval: ${sync}|'`]),
  ];
  writeFileSync(
    file,
    [
      '#!/bin/sh',
      `if [ "$1" = -c ]; then sed ${changes.join(' ')} "$2" > "$2.proxied" && exec '${server}' -c "$2.proxied"; fi`,
      `exec '${server}' "$@"`,
      '',
    ].join('\n'),
    { mode: 0o755 },
  );
  return file;
}
