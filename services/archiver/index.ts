/** Archiver: moves scans that no run needs from SCANS to the archive, and back when a label comes for one. */
export { main } from './main.js';
export { environment, readConfig, type ArchiverConfig } from './config.js';
export { runArchiver, type ArchiverContext } from './service.js';
