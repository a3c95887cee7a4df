import type { ChannelOptions, ServerOptions } from '@grpc/grpc-js';
import { isLoopback } from '#libs/access';
import { LIMITS } from '#libs/limits';
import { RECEIVE_WINDOW_BYTES } from './wide-window-server.js';

/** Limits that protect a server from its clients. */
export interface ServerLimits {
  /** Largest message, either way, in bytes. Default: 16 MiB. A larger one fails with RESOURCE_EXHAUSTED. */
  maxMessageBytes?: number;
  /** Calls at the same time on one connection; more of them wait in the client. Default: 256. */
  maxConcurrentCalls?: number;
}

export const DEFAULT_MAX_MESSAGE_BYTES = LIMITS.messageBytes.value;

/** A peer that answers no ping for this long is gone. */
const KEEPALIVE = { 'grpc.keepalive_time_ms': 20_000, 'grpc.keepalive_timeout_ms': 5_000 } as const;

export function compileServerOptions({
  maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES,
  maxConcurrentCalls = LIMITS.callsPerConnection.value,
}: ServerLimits = {}): ServerOptions {
  return {
    ...KEEPALIVE,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': maxConcurrentCalls,
  };
}

/** Retries of single calls while the server is away: a restart is bridged, an overload is not made worse. */
const RETRY_POLICY = {
  maxAttempts: 5,
  initialBackoff: '0.2s',
  maxBackoff: '2s',
  backoffMultiplier: 2,
  retryableStatusCodes: ['UNAVAILABLE'],
};

/** How a client notices that its connection is gone, and whether it shares one. */
export interface ConnectionOptions {
  /** A ping is sent so often while a call is open, in milliseconds. Default: 20 s. */
  keepaliveMs?: number;
  /** A peer that answers no ping for this long is gone, in milliseconds. Default: 5 s. */
  keepaliveTimeoutMs?: number;
  /**
   * True: a connection of its own, which ends with the client. Default: one that clients of the same address share,
   * with its attempts to connect: one that hangs holds all of them up.
   */
  ownConnection?: boolean;
}

/**
 * Options of a client's channel. A proxy that the environment names (`https_proxy`, `http_proxy`) is for other
 * machines.
 *
 * @param address `host:port` of the server
 * @param retried methods that gRPC itself retries: single calls only, as a stream's messages cannot be taken back; both
 * uploads and predictions may be repeated without harm
 */
export function compileClientOptions(
  address: string,
  fullName: string,
  retried: readonly string[],
  maxMessageBytes: number,
  { keepaliveMs, keepaliveTimeoutMs, ownConnection = false }: ConnectionOptions = {},
): ChannelOptions {
  return {
    ...KEEPALIVE,
    ...(keepaliveMs === undefined ? {} : { 'grpc.keepalive_time_ms': keepaliveMs }),
    ...(keepaliveTimeoutMs === undefined ? {} : { 'grpc.keepalive_timeout_ms': keepaliveTimeoutMs }),
    ...(ownConnection ? { 'grpc.use_local_subchannel_pool': 1 } : {}),
    ...(isLoopback(address) ? { 'grpc.enable_http_proxy': 0 } : {}),
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc-node.flow_control_window': RECEIVE_WINDOW_BYTES,
    // A call is only retried while its request is still held; the default holds 1 MiB.
    'grpc.per_rpc_retry_buffer_size': maxMessageBytes,
    'grpc.retry_buffer_size': 4 * maxMessageBytes,
    'grpc.service_config': JSON.stringify({
      methodConfig:
        retried.length === 0
          ? []
          : [{ name: retried.map((method) => ({ service: fullName, method })), retryPolicy: RETRY_POLICY }],
    }),
    // Reconnects soon after a restart instead of backing off for up to two minutes.
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 2_000,
  };
}
