import { SulcusError } from '#libs/errors';
import type { Connection } from '../connection/connection.js';
import { requestWithRetry } from '../connection/retry.js';
import { STREAM_NAMES, type StreamName } from '../topology.js';

export interface ConsumerStats {
  name: string;
  /** Messages not delivered yet. */
  pending: number;
  /** Delivered and not settled yet. */
  ackPending: number;
  redelivered: number;
  /** Requests for messages that wait with the broker: somebody who lives is ready to take more. */
  waiting: number;
}

export interface StreamStats {
  messages: number;
  bytes: number;
  /** Size at which the stream is full; -1 without a limit. */
  maxBytes: number;
  /** Age at which messages go; 0: they stay. */
  maxAgeMs: number;
  /** Sequence of the oldest message; one behind the last when there is none. */
  firstSequence: number;
  /** Sequence of the newest message, also when it is gone; 0 when there never was one. */
  lastSequence: number;
  /** When the oldest message was stored; undefined when there is none. */
  firstUnixMs?: number;
  /** Durable consumers. */
  consumers: ConsumerStats[];
}

const NOTHING: StreamStats = {
  messages: 0,
  bytes: 0,
  maxBytes: 0,
  maxAgeMs: 0,
  firstSequence: 1,
  lastSequence: 0,
  consumers: [],
};

/** Fill of every stream and backlog of every durable consumer; a stream that does not exist yet counts as empty. */
export async function readStats(connection: Connection): Promise<Record<StreamName, StreamStats>> {
  const entries = await Promise.all(
    STREAM_NAMES.map(async (stream) => [stream, await streamStats(connection, stream)] as const),
  );
  return Object.fromEntries(entries) as Record<StreamName, StreamStats>;
}

/** The same for one stream. */
export async function streamStats(connection: Connection, stream: StreamName): Promise<StreamStats> {
  try {
    return await requestWithRetry(connection, `Could not read the state of ${stream}`, () =>
      readInfo(connection, stream),
    );
  } catch (error) {
    if (SulcusError.from(error).code === 'NOT_FOUND') return NOTHING;
    throw error;
  }
}

async function readInfo({ manager }: Connection, stream: StreamName): Promise<StreamStats> {
  const { state, config } = await manager.streams.info(stream);
  const consumers: ConsumerStats[] = [];
  if (state.consumer_count > 0) {
    for await (const info of manager.consumers.list(stream)) {
      if (info.config.durable_name === undefined) continue;
      consumers.push({
        name: info.name,
        pending: info.num_pending,
        ackPending: info.num_ack_pending,
        redelivered: info.num_redelivered,
        waiting: info.num_waiting,
      });
    }
  }
  return {
    messages: state.messages,
    bytes: state.bytes,
    maxBytes: config.max_bytes,
    maxAgeMs: config.max_age / 1e6,
    firstSequence: Math.max(1, state.first_seq),
    lastSequence: state.last_seq,
    ...(state.messages === 0 ? {} : { firstUnixMs: Date.parse(state.first_ts) }),
    consumers,
  };
}
