/**
 * Large files over HTTP: with progress, gone on with where a connection or a process ended. Imports libs/async and
 * libs/errors; the client is Node's own fetch.
 *
 *     await download('https://example.org/set.zip', '/data/set.zip', { onProgress: ({ bytes }) => … });
 */
export { download, type DownloadOptions, type DownloadProgress } from './download.js';
