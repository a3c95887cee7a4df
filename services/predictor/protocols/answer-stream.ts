import { setMaxListeners } from 'node:events';
import { mapInOrder } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { Admission, AdmissionRequest } from '../serving/admission.js';

/** How the requests of a stream are answered. */
export interface StreamOptions<Request, Response> {
  admission: Admission;
  /** Requests of one stream that are worked on at a time, at most. */
  window: number;
  admissionRequest: (request: Request) => AdmissionRequest;
  /** @throws what ends the stream; failures of one request are answers */
  answer: (request: Request, signal: AbortSignal) => Promise<Response>;
}

/**
 * Answers a stream in the order of its requests. One is begun as soon as it is read and there is room for it, so that
 * one stream fills batches; when the predictor is full, the stream is read no further and so slows its sender. When the
 * client leaves early, what is being worked on is aborted, since nobody waits for it.
 */
export async function* answerStream<Request, Response>(
  requests: AsyncIterable<Request>,
  { admission, window, admissionRequest, answer }: StreamOptions<Request, Response>,
  signal: AbortSignal,
): AsyncGenerator<Response, void, undefined> {
  const left = new AbortController();
  try {
    const ended = AbortSignal.any([signal, left.signal]);
    setMaxListeners(0, ended); // one per request under way is the normal case, not a leak
    yield* mapInOrder(admitted(ended), window, ({ request, release }) => answer(request, ended).finally(release));
  } finally {
    left.abort(new SulcusError('CANCELLED', 'The stream has ended'));
  }

  /** Holds at most one request that waits for room. */
  async function* admitted(ended: AbortSignal): AsyncGenerator<{ request: Request; release: () => void }> {
    for await (const request of requests)
      yield { request, release: await admission.acquire(admissionRequest(request), ended) };
  }
}
