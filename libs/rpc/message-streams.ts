import type { Readable, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { abortable } from '#libs/async';
import { accepted } from './wire/guarded-request.js';

/**
 * The two directions of a streaming call as async iteration, without Node's own iterator: that one destroys the call
 * when a reader stops early, and with it the answer that is still to be sent.
 */

/**
 * Messages of a call as they arrive. At most one message is read ahead of the consumer: grpc-js would hold 16, which
 * for images is a quarter of a gigabyte per call. What is not read stays in the HTTP/2 window and stops the sender.
 *
 * @throws the signal's reason when the call ends before its last message; INVALID_ARGUMENT for a message that was
 *   refused before it was decoded
 */
export async function* readMessages<T>(call: Readable, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  readOneAhead(call);
  let ended = false;
  let wake: () => void = () => undefined;
  const onEvent = () => wake();
  const onEnd = () => {
    ended = true;
    wake();
  };
  call.on('readable', onEvent);
  call.on('end', onEnd);
  signal.addEventListener('abort', onEvent);
  try {
    for (;;) {
      signal.throwIfAborted();
      const message = call.read() as T | null;
      if (message !== null) {
        yield accepted(message);
        continue;
      }
      if (ended) {
        // A cancelled call ends first and is reported as cancelled a moment later: it must not look complete.
        await setImmediate();
        signal.throwIfAborted();
        return;
      }
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    call.off('readable', onEvent);
    call.off('end', onEnd);
    signal.removeEventListener('abort', onEvent);
  }
}

/** grpc-js offers no option for the number of messages it buffers; Node keeps it in the stream's state. */
function readOneAhead(call: Readable): void {
  (call as Readable & { _readableState: { highWaterMark: number } })._readableState.highWaterMark = 1;
}

/**
 * Writes messages one by one, each only after the one before has left for the network: a receiver that does not read
 * stops the iteration here instead of filling memory.
 *
 * @throws the signal's reason when it aborts first; the iterable is then returned
 */
export async function writeMessages(
  call: Writable,
  messages: AsyncIterable<unknown> | Iterable<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const iterator = Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]();
  try {
    // It may wait for its next message for long after the call has ended.
    for (;;) {
      const next = await abortable(Promise.resolve(iterator.next()), signal);
      if (next.done) break;
      await writeMessage(call, next.value, signal);
    }
  } finally {
    // Not awaited, for the same reason.
    Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
  signal.throwIfAborted();
}

function writeMessage(call: Writable, message: unknown, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    // grpc-js never calls back for a call that has ended, so the signal must release the writer.
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    call.write(message, (error?: Error | null) => {
      signal.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve();
    });
  });
}
