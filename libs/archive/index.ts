/**
 * The archive: where samples go when they leave the broker, and come back from. A folder, or a bucket of AWS S3 or of
 * a server that speaks its protocol. Imports async, bus, config, contracts, errors and withdrawals; the S3 client is
 * known here alone.
 *
 *     const archive = new SampleArchive(await openObjectStore('s3://imaging/sulcus'));
 *     await archive.store(sample);
 *     await bringBack(bus, new ArchiveIndex(bus), (await archive.load(sampleId))!);
 */
export { ArchiveIndex } from './archive-index.js';
export { archiveEnvironment } from './environment.js';
export type { ObjectStore } from './object-store.js';
export { openObjectStore } from './open-store.js';
export { bringBack, type BringBackOptions } from './restore-sample.js';
export { SampleArchive, type SampleToArchive } from './sample-archive.js';
