import { createInbox, nanos, type Msg } from '@nats-io/nats-core';
import { SulcusError } from '#libs/errors';
import type { Connection } from '../connection/connection.js';
import { isAckSubject } from './ack-subject.js';

/** Status codes that end a pull without being a failure: no messages, expired, batch complete. */
const ENDINGS = new Set([204, 404, 408]);

/** How much later than the broker we give up waiting for its "expired". */
const GRACE_MS = 2000;

/**
 * One pull request (NATS ADR-37): asks a consumer for at most `batch` messages within `expiresMs` and yields them as
 * they come. Ends early at a reconnect, because the broker has forgotten the request then, and at an abort.
 *
 * The client's own `consume()` asks again as soon as messages arrive, whether or not they are worked on; asking here
 * only when there is room is what bounds memory and keeps the broker's buffer for this connection small.
 *
 * @param options `isAcknowledged` false: nothing is given back, because the consumer waits for no acknowledgement
 * @throws BUS_UNAVAILABLE, or NOT_FOUND when the consumer is gone, PERMISSION_DENIED
 */
export async function* pullRequest(
  connection: Connection,
  stream: string,
  consumer: string,
  options: { batch: number; expiresMs: number; signal: AbortSignal; isAcknowledged?: boolean },
): AsyncGenerator<Msg> {
  const { batch, expiresMs, signal, isAcknowledged = true } = options;
  if (signal.aborted) return;
  const arrived: Msg[] = [];
  let wake = () => {};
  let ended: 'done' | Error | undefined;
  const end = (reason: 'done' | Error) => {
    ended ??= reason;
    wake();
  };
  const inbox = createInbox(connection.inboxPrefix);
  const request = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
  const subscription = connection.nats.subscribe(inbox, {
    callback: (error, message) => {
      if (error) return end(error);
      // Whoever published a message may have written a status into its headers: those of the broker ask for no answer.
      const status = isStored(message) ? 0 : (message.headers?.code ?? 0);
      if (status === 0) arrived.push(message);
      else if (status === 100) return;
      else if (ENDINGS.has(status)) end('done');
      else end(pullError(status, message.headers?.description ?? '', stream, consumer));
      wake();
    },
  });
  const timer = setTimeout(() => end('done'), expiresMs + GRACE_MS);
  const stopListening = connection.onReconnect(() => end('done'));
  const stopDenial = connection.onDenied(request, (error) => end(error));
  const onAbort = () => end('done');
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    connection.nats.publish(request, JSON.stringify({ batch, expires: nanos(expiresMs) }), { reply: inbox });
    for (let yielded = 0; yielded < batch; ) {
      const next = arrived.shift();
      if (next) {
        yielded++;
        yield next;
      } else if (ended !== undefined) {
        if (ended instanceof Error) throw ended;
        return;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    clearTimeout(timer);
    stopListening();
    stopDenial();
    signal.removeEventListener('abort', onAbort);
    subscription.unsubscribe();
    // What arrived and is not wanted any more goes to somebody else at once instead of after the acknowledgement wait.
    if (isAcknowledged) for (const message of arrived) if (!connection.nats.isClosed()) message.respond('-NAK');
  }
}

const isStored = ({ reply }: Msg): boolean => reply !== undefined && isAckSubject(reply);

function pullError(status: number, description: string, stream: string, consumer: string): SulcusError {
  const where = `consumer ${consumer} of ${stream}`;
  if (status === 503 || /consumer (deleted|not found)|stream (deleted|not found)/i.test(description))
    return new SulcusError('NOT_FOUND', `The ${where} is gone (${description || 'no responders'})`);
  return new SulcusError('BUS_UNAVAILABLE', `The broker refused a pull from ${where}: ${status} ${description}`);
}
