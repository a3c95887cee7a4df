import { SulcusError } from '#libs/errors';
import { isTitle } from './callers.js';

/** An application entity that is called: where it listens. */
export interface Peer {
  title: string;
  host: string;
  port: number;
}

/**
 * Reads `TITLE@host:port`.
 *
 * @throws INVALID_CONFIG
 */
export function parsePeer(text: string): Peer {
  const [, title = '', host = '', port = ''] = /^([^@]+)@(.+):(\d{1,5})$/.exec(text) ?? [];
  if (!isTitle(title) || host === '' || Number(port) < 1 || Number(port) > 65_535)
    throw new SulcusError(
      'INVALID_CONFIG',
      `"${text}" names no peer: expected TITLE@host:port, such as PACS@10.0.0.5:104`,
    );
  return { title, host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
