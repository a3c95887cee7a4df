import { createClient, type ClientLife, type Methods } from '#libs/rpc';
import type { EdgeConfig } from './config.js';

/** A line that loses everything is noticed after both together, however long TCP would go on trying. */
const KEEPALIVE_MS = 3_000;
const KEEPALIVE_TIMEOUT_MS = 5_000;

/** A client of the core's ingest on a connection of its own: an attempt that hangs ends with it. */
export const connectCore = ({
  core,
  coreSecurity,
  maxMessageBytes,
}: Pick<EdgeConfig, 'core' | 'coreSecurity' | 'maxMessageBytes'>): Methods<'Ingest'> & ClientLife =>
  createClient('Ingest', core, {
    security: coreSecurity,
    maxMessageBytes,
    serverName: 'ingest of the core',
    retry: false,
    ownConnection: true,
    keepaliveMs: KEEPALIVE_MS,
    keepaliveTimeoutMs: KEEPALIVE_TIMEOUT_MS,
  });
