import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { connectBus, Streams, subjects, type Bus } from '#libs/bus';
import { codecs, type BatchRequest, type PipelineEvent } from '#libs/contracts';
import { startNats, type TestNats } from '../../_helpers/nats.js';
import { answerBatchRequests } from './_preprocess.js';
import { CLASSES, publishScans } from './_stream.js';
import { TrainerStarter } from './_trainer.js';

let nats: TestNats;
let bus: Bus;
let trainers: TrainerStarter;
let preparing: Promise<void>;
const stop = new AbortController();
/** Happens before a batch of training samples is answered. */
let onTrainingRequest: ((request: BatchRequest) => Promise<void>) | undefined;

before(async () => {
  nats = await startNats();
  trainers = new TrainerStarter(nats.url);
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  await publishScans(bus, 20, 'SPLIT_TRAIN', { seed: 'first' });
  await publishScans(bus, 8, 'SPLIT_VALIDATION', { seed: 'first' });
  preparing = answerBatchRequests(bus, stop.signal, async (request) => {
    if (request.split === 'SPLIT_TRAIN') await onTrainingRequest?.(request);
    return request.samples;
  });
});

after(async () => {
  trainers.close();
  stop.abort();
  await preparing;
  await bus.drain();
  await nats.stop();
});

/** Events of a run from its beginning until one says that it is done. */
async function eventsUntil(run: string, done: (event: PipelineEvent) => boolean): Promise<PipelineEvent[]> {
  const events: PipelineEvent[] = [];
  for await (const { message } of bus.follow({
    stream: Streams.EVENTS,
    subject: subjects.event('trainer'),
    codec: codecs.PipelineEvent,
    signal: AbortSignal.timeout(60_000),
  })) {
    if ((message?.pass?.run ?? message?.validation?.run ?? message?.finished?.run) !== run) continue;
    events.push(message!);
    if (done(message!)) return events;
  }
  throw new Error(trainers.started.map((trainer) => trainer.output()).join('\n'));
}

const epochsOf = (events: readonly PipelineEvent[]): number[][] =>
  events.flatMap(({ pass }) => (pass ? [[pass.pass, pass.samples]] : []));

it('an epoch that images join while it goes on counts: with one epoch each is learned once, and all are validated on', async () => {
  let newest = 0;
  onTrainingRequest = async () => {
    onTrainingRequest = undefined;
    await publishScans(bus, 6, 'SPLIT_TRAIN', { seed: 'second' });
    await publishScans(bus, 4, 'SPLIT_VALIDATION', { seed: 'second' });
    newest = (await bus.stats()).SCANS.lastSequence;
  };
  const trainer = trainers.start('joined', { SULCUS_EPOCHS: '1' });
  const events = await eventsUntil('joined', ({ finished }) => finished?.scanSequence === newest);
  await trainer.stop();
  assert.deepEqual(epochsOf(events), [[0, 26]]);
  assert.equal(events.flatMap(({ validation }) => (validation ? [validation.samples] : [])).at(-1), 12);
});

it('a label that is corrected after its sample was asked for leads to another epoch', async () => {
  onTrainingRequest = async ({ samples: [first] }) => {
    onTrainingRequest = undefined;
    await bus.publish(subjects.label('test'), codecs.LabelEvent, {
      sampleId: first!.sampleId,
      label: CLASSES[1 - first!.classIndex],
      labelSource: 'pathology',
      site: 'test',
      labelledUnixMs: Date.now(),
    });
  };
  const trainer = trainers.start('corrected', { SULCUS_EPOCHS: '1' });
  const events = await eventsUntil('corrected', ({ pass }) => pass?.pass === 1);
  await trainer.stop();
  assert.deepEqual(epochsOf(events), [
    [0, 26],
    [1, 26],
  ]);
});
