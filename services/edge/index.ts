/** Edge: takes images in at a site, keeps them on its disk, and sends them to the core. */
export { main } from './main.js';
export { configOption, enterConfigFile } from './config-file.js';
export { environment, readConfig, type EdgeConfig } from './config.js';
export { connectCore } from './core-client.js';
export type { ForwardCounts, Link, LinkState } from './events.js';
export { EdgeService, runEdge, type EdgeContext } from './service.js';
export { Spool, type SpooledScan, type SpoolState } from './spool/spool.js';
export { readStatus, STATUS_SILENCE_MS, type EdgeStatus } from './status/edge-status.js';
export { askCore, type CoreFacts, type TlsFacts } from './verify.js';
