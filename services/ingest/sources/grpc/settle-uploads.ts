import { mapInOrder, Sequencer } from '#libs/async';
import type { UploadRequest } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Ingestor } from '../../pipeline/ingestor.js';
import type { IngestOutcome } from '../../pipeline/outcome.js';
import { toImageInput, UPLOAD_WINDOW } from './upload-input.js';
import type { UploadRoom } from './upload-room.js';

/** What uploads share. */
export interface UploadContext {
  readonly ingestor: Ingestor;
  readonly room: UploadRoom;
}

/** Takes in the images of one upload and yields what became of each, in the order of arrival. */
export async function* settleUploads(
  { ingestor, room }: UploadContext,
  requests: AsyncIterable<UploadRequest>,
  signal: AbortSignal,
): AsyncGenerator<{ name: string; outcome: IngestOutcome }, void, undefined> {
  const sequencer = new Sequencer();
  yield* mapInOrder(admitted(), UPLOAD_WINDOW, async ({ request, release }) => ({
    name: request.name,
    outcome: await settle(ingestor, request, { signal, ticket: sequencer.next() }).finally(release),
  }));

  /** Holds at most one image that waits for room. */
  async function* admitted(): AsyncGenerator<{ request: UploadRequest; release: () => void }> {
    for await (const request of requests)
      yield { request, release: await room.acquire(request.image.byteLength, signal) };
  }
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
    const { name, image, patientId } = request;
    return ingestor.reject(name, SulcusError.from(error), image, { ...options, patientId });
  }
  return ingestor.ingestImage(input, options);
}
