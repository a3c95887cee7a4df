/**
 * Worker threads that serve functions: typed calls, errors with their codes, sources and compiled code alike; and what
 * a process does about its own priority.
 */
export { canRestoreNiceness, setProcessNiceness, setThreadNiceness } from './niceness.js';
export type { ThreadMethods } from './protocol.js';
export { serveThread } from './serve-thread.js';
export { ThreadClient } from './thread-client.js';
export { ThreadPool, type TaskOptions, type ThreadPoolOptions } from './thread-pool.js';
