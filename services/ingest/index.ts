/** Ingest: takes images in at a site over gRPC, from a watched folder, from folders and manifests. */
export { main } from './main.js';
export { importMain } from './import/import-command.js';

// ---- to build the service or an import in another process
export { IngestService, type IngestServiceContext } from './service.js';
export {
  importFolder,
  importManifest,
  importPath,
  type ImportContext,
  type ImportOptions,
} from './import/import-files.js';
export { listFolder } from './files/list-folder.js';
export { readManifest } from './files/manifest.js';
export { cleanLabel } from './labels.js';
export { Ingestor, type IngestOptions, type IngestorContext } from './ingestor.js';
export { IngestEvents, type IngestCounts } from './events.js';
export type { ImageInput, IngestOutcome } from './outcome.js';
export { Pseudonyms } from './pseudonyms.js';
export { loadPseudonymKey } from './keys.js';
export { chooseSplit, type AssignedSplit, type SplitIdentity, type SplitShares } from './splits.js';
export {
  commonEnvironment,
  readCommonConfig,
  readServerConfig,
  serverEnvironment,
  type CommonConfig,
  type ServerConfig,
} from './config.js';
