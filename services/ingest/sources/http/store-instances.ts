import { mapInOrder, timeLimit } from '#libs/async';
import { isDicom, readDicom } from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import { acceptedMedia, readParts, type HttpAnswer, type HttpCall, type Part, type Route } from '#libs/http';
import { LIMITS } from '#libs/limits';
import type { Ingestor } from '../../pipeline/ingestor.js';
import type { IngestOutcome } from '../../pipeline/outcome.js';
import { isForWantOfRoom } from '../../pipeline/why-full.js';
import type { UploadRoom } from '../grpc/upload-room.js';
import { ANSWER_MEDIA, FAILURE, storeAnswer, type StoredInstance } from './store-answer.js';

export interface StoreContext {
  readonly ingestor: Ingestor;
  readonly room: UploadRoom;
  /** Longest part, and how long an object waits for a full pipeline. */
  readonly config: { readonly maxFileBytes: number; readonly dicomWaitMs: number };
}

/** Objects of one request that are under way at the same time. */
const WINDOW = 4;

/**
 * STOW-RS, the store transaction of studies (PS3.18 section 10.5): objects are taken from the stream one by one, as
 * C-STORE takes them, and each has its answer in the list at the end.
 */
export const storeInstances = (context: StoreContext): Route => ({
  method: 'POST',
  path: /^\/studies(?:\/([0-9.]{1,64}))?\/?$/,
  operation: 'dicomweb/StoreInstances',
  handle: (call) => store(context, call),
});

async function store(context: StoreContext, call: HttpCall): Promise<HttpAnswer> {
  const { request, body, params } = call;
  const [studyUid] = params;
  const answerMedia = acceptedMedia(request.headers.accept, ANSWER_MEDIA);
  if (!answerMedia) return wrongMedia(406, `The answer is ${ANSWER_MEDIA.join(' or ')}`);
  const type = multipartOf(request.headers['content-type'] ?? '');
  if (!type) return wrongMedia(415, 'Objects are taken as multipart/related; type="application/dicom"; boundary=…');
  const stored: StoredInstance[] = [];
  const parts = readParts(body, type.boundary, { maxPartBytes: context.config.maxFileBytes });
  for await (const instance of mapInOrder(admitted(parts, context, call.signal), WINDOW, ({ part, release }) =>
    storePart(context, part, call, studyUid).finally(release),
  )) {
    stored.push(instance);
    // Their answers are kept until the end.
    if (stored.length > LIMITS.storedObjects.value)
      throw new SulcusError(
        'INVALID_ARGUMENT',
        `A request holds at most ${LIMITS.storedObjects.value} objects: send several`,
      );
  }
  if (stored.length === 0) throw new SulcusError('INVALID_ARGUMENT', 'The request holds no object');
  return storeAnswer(stored, answerMedia);
}

/** The next part is read from the stream when there is room for it. */
async function* admitted(
  parts: AsyncIterable<Part>,
  { room }: StoreContext,
  signal: AbortSignal,
): AsyncGenerator<{ part: Part; release: () => void }, void, undefined> {
  for await (const part of parts) yield { part, release: await room.acquire(part.bytes?.length ?? 0, signal) };
}

async function storePart(
  { ingestor, config }: StoreContext,
  { headers, bytes }: Part,
  { signal, peer, identity }: HttpCall,
  studyUid: string | undefined,
): Promise<StoredInstance> {
  const nameless = { sopClass: '', sopInstance: '' };
  if (bytes === undefined) return { ...nameless, failure: FAILURE.outOfResources };
  if (!isDicom(bytes) || !isDicomMedia(headers.get('content-type') ?? ''))
    return { ...nameless, failure: FAILURE.cannotUnderstand };
  const named = await namesOf(bytes, config);
  if (studyUid !== undefined && named.study !== studyUid) return { ...named, failure: FAILURE.doesNotMatch };
  using patience = timeLimit(signal, config.dicomWaitMs);
  try {
    const source = `STOW-RS from ${identity?.name ?? peer}`;
    return { ...named, failure: failureOf(await ingestor.ingestDicom({ bytes, source }, { signal: patience.signal })) };
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    if (signal.aborted) throw error;
    return { ...named, failure: isForWantOfRoom(error) ? FAILURE.outOfResources : FAILURE.processing };
  }
}

/** Names for the answer: '' where the object cannot be read, which ingest then keeps with the cause. */
async function namesOf(
  bytes: Buffer,
  { maxFileBytes: maxBytes }: StoreContext['config'],
): Promise<{ sopClass: string; sopInstance: string; study: string }> {
  try {
    const { dataSet } = await readDicom(bytes, { maxBytes });
    const [sopClass, sopInstance] = [dataSet.text('SOPClassUID'), dataSet.text('SOPInstanceUID')];
    return { sopClass, sopInstance, study: dataSet.text('StudyInstanceUID') };
  } catch {
    return { sopClass: '', sopInstance: '', study: '' };
  }
}

const UNREADABLE: ReadonlySet<string> = new Set(['IMAGE_UNDECODABLE', 'IMAGE_TRUNCATED', 'IMAGE_EMPTY']);

/** As for C-STORE: what nobody wants is no failure of its sender. */
function failureOf(outcomes: readonly IngestOutcome[]): number | undefined {
  const rejected = outcomes.find((outcome) => outcome.kind === 'rejected');
  if (!rejected) return undefined;
  return UNREADABLE.has(rejected.error.code) ? FAILURE.cannotUnderstand : FAILURE.processing;
}

/** Names and values of what stands behind a media type; values may be quoted, and hold semicolons then. */
const PARAMETER = /;\s*([^=;\s]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g;

/** @returns undefined for another type than that of DICOM objects */
function multipartOf(contentType: string): { boundary: string } | undefined {
  if (!/^\s*multipart\/related\s*(;|$)/i.test(contentType)) return undefined;
  const parameters = new Map(
    [...contentType.matchAll(PARAMETER)].map(([, name = '', quoted, plain = '']) => [
      name.toLowerCase(),
      quoted?.replace(/\\(.)/g, '$1') ?? plain,
    ]),
  );
  const boundary = parameters.get('boundary') ?? '';
  const isDicomType = isDicomMedia(parameters.get('type') ?? '');
  // RFC 2046: at most 70 characters.
  return isDicomType && boundary.length >= 1 && boundary.length <= 70 ? { boundary } : undefined;
}

/** Types are written in any case, with and without parameters; none is that of the request. */
const isDicomMedia = (type: string): boolean => /^\s*(application\/dicom\s*(;.*)?)?$/is.test(type);

const wrongMedia = (status: 406 | 415, message: string): HttpAnswer => ({
  status,
  body: { code: 'INVALID_ARGUMENT', message },
});
