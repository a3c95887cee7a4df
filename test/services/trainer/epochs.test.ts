import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { subjects } from '#libs/bus';
import { codecs, type BatchRequest } from '#libs/contracts';
import { epochsOf, TestPipeline, validationsOf } from './_pipeline.js';
import { CLASSES, publishScans } from './_stream.js';

let pipeline: TestPipeline;
/** Happens before a batch of training samples is answered. */
let onTrainingRequest: ((request: BatchRequest) => Promise<void>) | undefined;

before(async () => {
  pipeline = await TestPipeline.start(async (request) => {
    if (request.split === 'SPLIT_TRAIN') await onTrainingRequest?.(request);
    return request.samples;
  });
  await publishScans(pipeline.bus, 20, 'SPLIT_TRAIN', { seed: 'first' });
  await publishScans(pipeline.bus, 8, 'SPLIT_VALIDATION', { seed: 'first' });
});

after(() => pipeline.close());

it('an epoch that images join counts: with one epoch each is learned once, and all are validated on', async () => {
  let newest = 0;
  onTrainingRequest = async () => {
    onTrainingRequest = undefined;
    await publishScans(pipeline.bus, 6, 'SPLIT_TRAIN', { seed: 'second' });
    await publishScans(pipeline.bus, 4, 'SPLIT_VALIDATION', { seed: 'second' });
    newest = (await pipeline.bus.stats()).SCANS.lastSequence;
  };
  const trainer = pipeline.trainers.start('joined', { SULCUS_EPOCHS: '1' });
  const events = await pipeline.eventsUntil('joined', ({ finished }) => finished?.scanSequence === newest);
  await trainer.stop();
  assert.deepEqual(epochsOf(events), [{ epoch: 0, samples: 26, repeated: 0 }]);
  assert.equal(validationsOf(events).at(-1)!.samples, 12);
});

it('a label that is corrected after its sample was asked for leads to another epoch', async () => {
  onTrainingRequest = async ({ samples: [first] }) => {
    onTrainingRequest = undefined;
    await pipeline.bus.publish(subjects.label('test'), codecs.LabelEvent, {
      sampleId: first!.sampleId,
      label: CLASSES[1 - first!.classIndex],
      labelSource: 'pathology',
      site: 'test',
      labelledUnixMs: Date.now(),
    });
  };
  const trainer = pipeline.trainers.start('corrected', { SULCUS_EPOCHS: '1' });
  const events = await pipeline.eventsUntil('corrected', ({ epoch }) => epoch?.epoch === 1);
  await trainer.stop();
  assert.deepEqual(epochsOf(events), [
    { epoch: 0, samples: 26, repeated: 0 },
    { epoch: 1, samples: 26, repeated: 0 },
  ]);
});
