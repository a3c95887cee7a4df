import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Streams, subjects } from '#libs/bus';
import { PredictorClient } from '#libs/client';
import { codecs } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { ModelCard } from '#libs/registry';
import { contracts, createClient } from '#libs/rpc';
import type { PredictorService } from '#services/predictor';
import { noiseImage } from '../../../helpers/images.js';
import { until } from '../../../helpers/until.js';
import { isCode, isStatus } from '../../../helpers/errors.js';
import { connectOip, type OipClient } from './_oip-client.js';
import { createFixture, publishModel, randomImage, untilServing, type Fixture } from '../_predictor.js';
import { connectRaw, framed } from './_raw-client.js';

const { Predict, PredictStream } = contracts.Predictor.definition;

let fixture: Fixture;
let service: PredictorService;
let client: ReturnType<typeof createClient<'Predictor'>>;
let oip: OipClient;
let card: ModelCard;
let image: Buffer;

before(async () => {
  fixture = await createFixture();
  image = await randomImage(1);
  card = await publishModel(fixture.registry, 1);
  await fixture.registry.promote('champion', card.version, 'first');
  service = await fixture.start({ maxBatchSize: 1, maxRequests: 8, maxQueueBytes: 400_000, maxMessageBytes: 200_000 });
  await untilServing(service, card.version);
  client = createClient('Predictor', service.address);
  oip = connectOip(service.address);
});
after(async () => {
  client.close();
  oip.close();
  await fixture.close();
});

const signalEngine = (signal: NodeJS.Signals): void => void process.kill(service.serving!.enginePid!, signal);

/** Images answered, and runs of the network, so far. */
async function counts(): Promise<{ images: number; runs: number }> {
  const { model_stats } = await oip.call<{ model_stats: { inference_count: number; execution_count: number }[] }>(
    'ModelStatistics',
    { name: 'test' },
  );
  return { images: model_stats[0]?.inference_count ?? 0, runs: model_stats[0]?.execution_count ?? 0 };
}

/** Requests that were rejected, by reason, as operators are told. */
async function rejections(): Promise<Record<string, number>> {
  const last = await fixture.bus.getLast(Streams.EVENTS, subjects.event('predictor'), codecs.PipelineEvent);
  return last?.message?.predictor?.rejections ?? {};
}

const hasNoRoom = (reason: RegExp) => (error: unknown) => {
  const { code, details, message } = SulcusError.from(error);
  assert.deepEqual([code, details.grpcStatus], ['BACKPRESSURE', 'RESOURCE_EXHAUSTED'], message);
  assert.match(message, reason);
  return true;
};

test('an image whose caller cancels, is late or vanishes before its batch goes out is not computed', async () => {
  const before = await counts();
  const raw = connectRaw(service.address);
  const caller = new AbortController();
  signalEngine('SIGSTOP');
  try {
    const held = [client.predict({ image }), client.predict({ image })]; // as many as an engine has at a time
    await sleep(300);
    const kept = client.predict({ image });
    const cancelled = assert.rejects(client.predict({ image }, { signal: caller.signal }), isCode('CANCELLED'));
    const late = assert.rejects(client.predict({ image }, { timeoutMs: 600 }), isCode('DEADLINE_EXCEEDED'));
    raw.call(Predict!.path).write(framed(Predict!.requestSerialize({ image })));
    await sleep(200);
    caller.abort();
    raw.vanish();
    await Promise.all([cancelled, late]);
    await until(async () => {
      // The late caller gives up at its deadline too: which of the two the server sees first is open.
      const { CANCELLED = 0, DEADLINE = 0 } = await rejections();
      return CANCELLED >= 2 && CANCELLED + DEADLINE === 3;
    }, 'two cancelled and one late are reported');
    signalEngine('SIGCONT');
    await Promise.all([...held, kept]);
  } finally {
    signalEngine('SIGCONT');
  }
  const now = await counts();
  assert.deepEqual([now.images - before.images, now.runs - before.runs], [3, 3]);
});

test('a full queue rejects before any work, by bytes or by requests, says which, and counts which', async () => {
  const large = await noiseImage(1, { format: 'png', width: 300, height: 300 });
  signalEngine('SIGSTOP');
  try {
    const admitted = Array.from({ length: 4 }, () => client.predict({ image: large }));
    await sleep(300);
    await assert.rejects(client.predict({ image: large }), hasNoRoom(/bytes of requests are waiting/));
    admitted.push(...Array.from({ length: 4 }, () => client.predict({ image })));
    await sleep(300);
    await assert.rejects(client.predict({ image }), hasNoRoom(/8 requests are waiting/));
    await until(async () => {
      const { QUEUE_BYTES, QUEUE_REQUESTS } = await rejections();
      return QUEUE_BYTES === 1 && QUEUE_REQUESTS === 1;
    }, 'both rejections are reported');
    signalEngine('SIGCONT');
    assert.ok((await Promise.all(admitted)).every(({ modelVersion }) => modelVersion === card.version));
  } finally {
    signalEngine('SIGCONT');
  }
});

test('a client that never reads an answer is read no further, and others are served as before', async () => {
  const before = await counts();
  const raw = connectRaw(service.address);
  const stream = raw.call(PredictStream!.path);
  const message = framed(PredictStream!.requestSerialize({ image, name: 'x'.repeat(2000) }));
  let sent = 0;
  for (let stopped = false; !stopped; ) {
    while (stream.write(message)) sent++;
    sent++;
    stopped = await Promise.race([once(stream, 'drain').then(() => false), sleep(2500, true)]);
  }
  // Unread answers fill the client's window of 64 kB; what it sent fills the server's of 8 MB, and then no more is
  // taken.
  const answered = (await counts()).images - before.images;
  assert.ok(answered > 8 && answered < 200, `${answered} answered`);
  assert.ok(sent > answered && sent * message.length < 20e6, `${sent} sent, ${sent * message.length} bytes`);
  using other = new PredictorClient(service.address);
  assert.equal((await other.predict(image)).modelVersion, card.version);
  raw.vanish();
  const together = await Promise.all(Array.from({ length: 8 }, () => other.predict(image)));
  assert.equal(together.length, 8);
});

test('a message beyond the limit is RESOURCE_EXHAUSTED with both sizes, one just below it is answered', async () => {
  const raw = (bytes: number): Buffer =>
    Buffer.concat([Buffer.from(Uint32Array.of(bytes).buffer), Buffer.alloc(bytes)]);
  const request = (bytes: number) => ({
    model_name: 'test',
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [1] }],
    raw_input_contents: [raw(bytes)],
  });
  await assert.rejects(oip.infer(request(200_000)), isStatus('RESOURCE_EXHAUSTED', /larger than max.*200000/));
  await assert.rejects(oip.infer(request(199_900)), isStatus('INVALID_ARGUMENT', /IMAGE_UNDECODABLE/));
});
