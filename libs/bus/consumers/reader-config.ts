import type { ConsumerConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';

/** What a reader reads, and from where. */
export interface ReaderPlace {
  /** Subjects to read; none: all. */
  subjects: readonly string[];
  /** First sequence wanted, from 1. */
  startSequence: number;
  /** Instead, while the first is wanted: nothing stored before this time. */
  startUnixMs?: number | undefined;
  headersOnly?: boolean | undefined;
}

/** The broker forgets a reader that nobody asks for this long; it is made again where its user stopped. */
const INACTIVE_MS = 60_000;

/** A throw-away consumer at the broker that delivers in order and waits for no acknowledgements. */
export function readerConfig(
  name: string,
  { subjects, startSequence, startUnixMs, headersOnly }: ReaderPlace,
): Partial<ConsumerConfig> {
  const [only, ...others] = subjects;
  const filter =
    only === undefined ? {} : others.length === 0 ? { filter_subject: only } : { filter_subjects: [...subjects] };
  return {
    name,
    ack_policy: 'none',
    ...beginning(startSequence, startUnixMs),
    headers_only: headersOnly ?? false,
    inactive_threshold: nanos(INACTIVE_MS),
    mem_storage: true,
    num_replicas: 1,
    ...filter,
  };
}

/** Once a message has been seen, the sequence behind it says more than a time. */
function beginning(startSequence: number, startUnixMs: number | undefined): Partial<ConsumerConfig> {
  if (startSequence > 1) return { deliver_policy: 'by_start_sequence', opt_start_seq: startSequence };
  if (startUnixMs !== undefined)
    return { deliver_policy: 'by_start_time', opt_start_time: new Date(startUnixMs).toISOString() };
  return { deliver_policy: 'all' };
}
