/**
 * Waiting, and doing several things at once. Imports libs/errors and p-retry.
 *
 *     await retryWithBackoff(() => bus.publish(…), { timeoutMs: 30_000, signal });  // while the failure is transient
 *     for await (const answer of mapInOrder(requests, 16, predict)) yield answer;   // 16 at once, answers in order
 *     while (queue.length === 0 && !signal.aborted) await arrived.wait(signal);     // woken by arrived.notify()
 *     await waitFor('batch 7', arrived);                    // the process's watchdog says so when it does not come
 *     using limit = timeLimit(signal, 5000);                // aborts with the signal, or after 5 s
 *     await runTogether({ work: train, companions: [follow] }, signal);             // the first failure ends both
 */
export { abortable, untilAborted } from './abortable.js';
export { Holdings, type Holding } from './holdings.js';
export { mapInOrder } from './map-in-order.js';
export { Notifier } from './notifier.js';
export { pause } from './pause.js';
export { insertByPriority } from './priority-queue.js';
export { retryStream } from './retry-stream.js';
export { retryWithBackoff, type RetryOptions } from './retry.js';
export { runTogether, type Task } from './run-together.js';
export { Sequencer, type Ticket } from './sequencer.js';
export { timeLimit, type TimeLimit } from './time-limit.js';
export { TurnLimit } from './turn-limit.js';
export { beginWait, longestWait, waitFor, type Wait } from './waits.js';
export { onStall, startWatchdog, type OnStall } from './watchdog.js';
