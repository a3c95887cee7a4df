/** Preprocess: turns scans into tensor batches, as trainers request them. */
export { main } from './main.js';
export { environment, readConfig, type PreprocessConfig } from './config.js';
export { runPreprocess, type PreprocessContext } from './service.js';
export { assembleBatch, type AssembledBatch } from './batches/assemble-batch.js';
export type { PreparedSample } from './samples/prepared-sample.js';
export type { SampleSource } from './samples/sample-loader.js';
