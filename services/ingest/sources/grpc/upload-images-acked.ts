import type { Handlers } from '#libs/rpc';
import type { Ingestor } from '../../pipeline/ingestor.js';
import { settleUploads } from './settle-uploads.js';
import { toAck } from './upload-input.js';

/** Bidirectional: one acknowledgement per image, in the order of arrival, each given once the image is durable. */
export function uploadImagesAcked(ingestor: Ingestor): Handlers<'Ingest'>['uploadImagesAcked'] {
  return async function* (requests, { signal }) {
    for await (const { name, outcome } of settleUploads(ingestor, requests, signal)) yield toAck(name, outcome);
  };
}
