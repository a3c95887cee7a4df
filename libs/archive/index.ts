/**
 * The archive: where samples go when they leave the broker, and come back from. A folder, or a bucket of AWS S3 or of
 * a server that speaks its protocol. Imports contracts and errors; the S3 client is known here alone.
 *
 *     const archive = new SampleArchive(await openObjectStore('s3://imaging/sulcus'));
 *     await archive.store(sample);
 */
export type { ObjectStore } from './object-store.js';
export { openObjectStore } from './open-store.js';
export { SampleArchive, type SampleToArchive } from './sample-archive.js';
