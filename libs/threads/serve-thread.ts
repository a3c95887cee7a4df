import { parentPort } from 'node:worker_threads';
import { SulcusError } from '#libs/errors';
import type { ThreadMethods, ThreadReply, ThreadRequest } from './protocol.js';

/**
 * Serves functions to the thread that started this one, as many at a time as are called. Byte and number arrays in an
 * answer are handed over without a copy when they fill their buffer.
 *
 * @param onClose runs when the thread is told to close; default: waits until the calls in hand are answered
 */
export function serveThread<Methods extends ThreadMethods>(
  methods: Methods,
  onClose: (answered: Promise<unknown>) => Promise<unknown> = (answered) => answered,
): void {
  const port = parentPort!;
  const running = new Set<Promise<void>>();

  const answer = async ({ id, name, argument }: ThreadRequest): Promise<void> => {
    try {
      const value = await methods[name]!(argument);
      port.postMessage({ id, value } satisfies ThreadReply, movable(value));
    } catch (thrown) {
      const { code, rawMessage: message, details } = SulcusError.from(thrown);
      port.postMessage({ id, error: { code, message, details } } satisfies ThreadReply);
    }
  };
  const close = async (): Promise<void> => {
    await onClose(Promise.all(running));
    port.close();
  };

  port.on('message', (request: ThreadRequest | 'close') => {
    if (request === 'close') return void close();
    const work = answer(request);
    running.add(work);
    void work.then(() => running.delete(work));
  });
}

/**
 * Buffers of the typed arrays that are, or lie directly in, a value; a view of part of a buffer is left to be copied.
 */
function movable(value: unknown): ArrayBuffer[] {
  const candidates: unknown[] = ArrayBuffer.isView(value)
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value)
      : [];
  return candidates.flatMap((view) =>
    ArrayBuffer.isView(view) && view.buffer instanceof ArrayBuffer && view.byteLength === view.buffer.byteLength
      ? [view.buffer]
      : [],
  );
}
