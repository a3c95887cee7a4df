import type { Handlers } from '#libs/rpc';
import { settleUploads, type UploadContext } from './settle-uploads.js';
import { toAck } from './upload-input.js';

/** Bidirectional: one acknowledgement per image, in the order of arrival, each given once the image is durable. */
export function uploadImagesAcked(context: UploadContext): Handlers<'Ingest'>['uploadImagesAcked'] {
  return async function* (requests, { signal }) {
    for await (const { name, outcome } of settleUploads(context, requests, signal)) yield toAck(name, outcome);
  };
}
