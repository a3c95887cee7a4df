import { withoutCredentials } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { FolderStore } from './folder-store.js';
import type { ObjectStore } from './object-store.js';

/**
 * The store that an address names: a folder's path, or `s3://bucket/prefix`.
 *
 * @param endpoint of an S3-compatible server other than AWS
 * @throws INVALID_CONFIG for an address that names neither
 */
export async function openObjectStore(address: string, endpoint?: string): Promise<ObjectStore> {
  const s3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(address);
  if (s3) {
    // The client is heavy: whoever archives to a folder does not load it.
    const { S3Store } = await import('./s3-store.js');
    const prefix = s3[2] ? `${s3[2].replace(/\/+$/, '')}/` : '';
    return new S3Store({ bucket: s3[1]!, prefix, ...(endpoint === undefined ? {} : { endpoint }) });
  }
  if (/^[a-z0-9]+:\/\//i.test(address)) {
    throw new SulcusError(
      'INVALID_CONFIG',
      `"${withoutCredentials(address)}" is no archive: expected a folder, or s3://bucket/prefix`,
    );
  }
  return new FolderStore(address);
}
