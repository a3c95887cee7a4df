import { mapInOrder, Sequencer } from '#libs/async';
import type { UploadRequest } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Ingestor } from '../../pipeline/ingestor.js';
import type { IngestOutcome } from '../../pipeline/outcome.js';
import { toImageInput, UPLOAD_WINDOW } from './upload-input.js';

/** Takes in the images of one upload and yields what became of each, in the order of arrival. */
export async function* settleUploads(
  ingestor: Ingestor,
  requests: AsyncIterable<UploadRequest>,
  signal: AbortSignal,
): AsyncGenerator<{ name: string; outcome: IngestOutcome }, void, undefined> {
  const sequencer = new Sequencer();
  yield* mapInOrder(requests, UPLOAD_WINDOW, async (request) => ({
    name: request.name,
    outcome: await settle(ingestor, request, { signal, ticket: sequencer.next() }),
  }));
}

async function settle(
  ingestor: Ingestor,
  request: UploadRequest,
  options: Parameters<Ingestor['ingestImage']>[1],
): Promise<IngestOutcome> {
  let input;
  try {
    input = toImageInput(request);
  } catch (error) {
    return ingestor.reject(request.name, SulcusError.from(error), request.image, options);
  }
  return ingestor.ingestImage(input, options);
}
