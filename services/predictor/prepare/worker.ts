/**
 * Entry of a prepare worker (a thread of the predictor): hashes, decodes and transforms images, so that the thread that
 * serves gRPC touches no pixel.
 */
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { SulcusError } from '#libs/errors';
import { compileTransform, decodeImage, validateTransform } from '#libs/imaging';
import { createRandom } from '#libs/random';
import type { FromWorker, ToWorker } from './protocol.js';

const port = parentPort!;
const transforms = new Map<string, ReturnType<typeof compileTransform>>();
/** Images in hand: closing waits for them. */
const running = new Set<Promise<void>>();
/** The evaluation transform has no random op; its signature asks for a source all the same. */
const unusedRandom = createRandom('evaluation transform');

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'transform':
      transforms.set(message.hash, compileTransform(validateTransform(message.spec), 'eval'));
      return;
    case 'image':
      track(prepare(message));
      return;
    case 'close':
      void Promise.all(running).then(() => port.close());
  }
});
answer({ kind: 'ready' });

function track(work: Promise<void>): void {
  running.add(work);
  void work.then(() => running.delete(work));
}

async function prepare({ id, transformHash, image }: Extract<ToWorker, { kind: 'image' }>): Promise<void> {
  const startedMs = performance.now();
  let sampleId: string | undefined;
  try {
    sampleId = createHash('sha256').update(image).digest('hex');
    const transform = transforms.get(transformHash);
    if (!transform) throw new SulcusError('INTERNAL', `Transform ${transformHash} was not sent to this worker`);
    const pixels = transform(await decodeImage(image), unusedRandom);
    answer({ kind: 'prepared', id, sampleId, pixels, prepareMs: performance.now() - startedMs }, pixels);
  } catch (thrown) {
    const { code, rawMessage, details } = SulcusError.from(thrown);
    answer({ kind: 'failed', id, sampleId, code, message: rawMessage, details });
  }
}

function answer(message: FromWorker, transferred?: Uint8Array): void {
  // Moving the buffer saves a copy, and is only right when it holds these pixels and nothing else.
  const whole = transferred?.buffer instanceof ArrayBuffer && transferred.byteLength === transferred.buffer.byteLength;
  port.postMessage(message, whole ? [transferred.buffer] : []);
}
