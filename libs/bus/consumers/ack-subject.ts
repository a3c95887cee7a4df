/** What the broker says about one delivery, in the subject that acknowledges it (NATS ADR-15). */
export interface DeliveryInfo {
  stream: string;
  consumer: string;
  /** 1 for the first delivery. */
  deliveryCount: number;
  streamSequence: number;
  /** Position among the deliveries of the consumer, from 1: a gap means that one was lost on the way. */
  consumerSequence: number;
  timeUnixMs: number;
  /** Messages that match the consumer and are still to be delivered. */
  pending: number;
}

/** Whether it is the subject that a delivery is acknowledged on. */
export const isAckSubject = (subject: string): boolean => subject.startsWith('$JS.ACK.');

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time ns>.<pending>` and the longer form
 * that has the domain and account hash after `ACK` (and may have a random token at the end).
 */
export function parseAckSubject(subject: string): DeliveryInfo {
  const tokens = subject.split('.');
  const start = tokens.length >= 11 ? 6 : 4;
  const [deliveryCount, streamSequence, consumerSequence, timeNs, pending] = tokens
    .slice(start, start + 5)
    .map(Number) as [number, number, number, number, number];
  if (!isAckSubject(subject) || !Number.isSafeInteger(streamSequence))
    throw new Error(`Not an acknowledgement subject: ${subject}`);
  const [stream, consumer] = [tokens[start - 2]!, tokens[start - 1]!];
  return {
    stream,
    consumer,
    deliveryCount,
    streamSequence,
    consumerSequence,
    timeUnixMs: Math.floor(timeNs / 1e6),
    pending,
  };
}
