import type { ImageAckInput, UploadSummaryInput } from '#libs/contracts';
import type { Handlers } from '#libs/rpc';
import { settleUploads, type UploadContext } from './settle-uploads.js';
import { toAck } from './upload-input.js';

const MAX_LISTED_REJECTIONS = 100;

/** Client streaming: any number of images, one summary when all of them are durable. */
export function uploadImages(context: UploadContext): Handlers<'Ingest'>['uploadImages'] {
  return async (requests, { signal }): Promise<UploadSummaryInput> => {
    const counts = { received: 0, ingested: 0, duplicates: 0, rejected: 0 };
    const counted = {
      ingested: 'ingested',
      duplicate: 'duplicates',
      rejected: 'rejected',
      filtered: 'rejected',
    } as const;
    const rejections: ImageAckInput[] = [];
    for await (const { name, outcome } of settleUploads(context, requests, signal)) {
      counts.received++;
      counts[counted[outcome.kind]]++;
      if (counted[outcome.kind] === 'rejected' && rejections.length < MAX_LISTED_REJECTIONS)
        rejections.push(toAck(name, outcome));
    }
    return { ...counts, rejections };
  };
}
