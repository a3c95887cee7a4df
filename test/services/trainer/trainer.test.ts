import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { subjects } from '#libs/bus';
import { codecs, type PipelineEvent, type TrainingFinished } from '#libs/contracts';
import { decodeSafetensors } from '#libs/nn';
import type { ModelCard } from '#libs/registry';
import { epochsOf, TestPipeline, validationsOf } from './_pipeline.js';
import { CLASSES, publishScans } from './_stream.js';

const TRAIN = 44;
const VALIDATION = 12;
/** Enough to decide by. */
const GATE = 104;
const EXIT_INVALID_CONFIG = 2;

let pipeline: TestPipeline;
let uninterrupted: { finished: TrainingFinished; weightsHash: string };

before(async () => {
  pipeline = await TestPipeline.start();
  await publishScans(pipeline.bus, TRAIN, 'SPLIT_TRAIN', { seed: 'train' });
  await publishScans(pipeline.bus, VALIDATION, 'SPLIT_VALIDATION', { seed: 'validation' });
  await publishScans(pipeline.bus, GATE, 'SPLIT_GATE', { seed: 'gate' });
});

after(() => pipeline.close());

async function lastCard(run: string): Promise<ModelCard> {
  const cards = (await pipeline.registry.list()).filter((card) => card.run === run);
  return cards.sort((a, b) => a.step - b.step).at(-1)!;
}

it('learns every training sample once per epoch and ends after the last', async () => {
  const { events, output, exitCode } = await pipeline.train('steady');
  assert.equal(exitCode, 0, output);
  assert.deepEqual(
    epochsOf(events),
    [0, 1, 2].map((epoch) => ({ epoch, samples: TRAIN, repeated: 0 })),
  );
  const finished = events.at(-1)!.finished!;
  assert.equal(finished.reason, 'epochs');
  assert.equal(finished.samples, 3 * TRAIN);
  assert.equal(finished.scanSequence, TRAIN + VALIDATION + GATE);
  assert.deepEqual(
    validationsOf(events).map(({ epoch }) => epoch),
    [0, 1, 2],
  );
  uninterrupted = { finished, weightsHash: (await lastCard('steady')).weightsHash };
});

it('the version that the gate found best is champion, and its card says what it saw', async () => {
  const validations = validationsOf(await pipeline.eventsUntil('steady', ({ finished }) => finished != null));
  const best = validations.filter(({ promoted }) => promoted).at(-1)!;
  const champion = await pipeline.registry.alias('champion');
  assert.equal(champion!.version, best.version);
  const cards = (await pipeline.registry.list()).filter(({ run }) => run === 'steady');
  const accuracies = cards.map(({ metrics: { gate } }) => gate!.accuracy);
  assert.equal(Math.max(...accuracies), 1, 'brightness of a half is easily learned');
  const card = (await pipeline.registry.get(champion!.version))!;
  assert.equal(card.metrics.validation.samples, VALIDATION);
  assert.deepEqual(card.classes, CLASSES);
  assert.deepEqual(card.lineage.scanSequences, { first: 1, last: TRAIN, count: TRAIN });
  const { temperature, samples, nllBefore, reason } = card.calibration!;
  assert.deepEqual([temperature, samples], [1, VALIDATION]);
  assert.match(reason!, /12 samples are too few/);
  assert.ok(Math.abs(nllBefore - card.metrics.validation.loss) < 1e-6, 'the fit begins at the loss of the version');
  // The file alone says how it is asked.
  const { metadata } = decodeSafetensors(await pipeline.registry.loadWeights(card));
  assert.deepEqual(JSON.parse(metadata['transform']!), card.transform);
  assert.deepEqual([metadata['classes'], metadata['temperature']], [JSON.stringify(CLASSES), '1']);
});

it('killed at any moment, goes on from its checkpoint: same samples per epoch, same weights to the bit', async () => {
  // Checkpoints after nearly every batch, so that the kills fall between checkpoint, step and acknowledgement.
  const environment = { SULCUS_CHECKPOINT_INTERVAL: '1ms' };
  const inEpoch = (epoch: number) => (event: PipelineEvent) => (event.training?.epoch ?? -1) >= epoch;
  for (const epoch of [0, 1]) {
    const trainer = pipeline.trainers.start('killed', environment);
    await pipeline.eventsUntil('killed', inEpoch(epoch));
    await trainer.kill();
  }
  const { events } = await pipeline.train('killed', environment);

  // An epoch whose end was reported but not checkpointed is reported again; the last word counts.
  const lastReports = [...new Map(epochsOf(events).map((report) => [report.epoch, report])).values()];
  assert.deepEqual(
    lastReports,
    [0, 1, 2].map((epoch) => ({ epoch, samples: TRAIN, repeated: 0 })),
  );
  const finished = events.at(-1)!.finished!;
  assert.deepEqual([finished.samples, finished.steps], [uninterrupted.finished.samples, uninterrupted.finished.steps]);
  assert.equal((await lastCard('killed')).weightsHash, uninterrupted.weightsHash);
  const { BATCHES, BATCH_REQUESTS } = await pipeline.bus.stats();
  assert.equal(BATCHES.messages + BATCH_REQUESTS.messages, 0, 'every request and batch is acknowledged');
});

it('refuses to continue a run with other settings, and says which they are and what to do', async () => {
  const trainer = pipeline.trainers.start('steady', { SULCUS_CLASSES: 'left,right,middle' }, { batchSize: 16 });
  assert.equal(await trainer.ended, EXIT_INVALID_CONFIG);
  for (const line of [
    'run "steady" was begun with other settings: classes: ["left","right"], and now ["left","right","middle"]',
    `run "steady" was begun with other settings: recipe's batchSize: 8, and now 16`,
    'start it with the settings it was begun with, or begin a new run under another name (SULCUS_RUN, sulcus up --run)',
  ])
    assert.ok(trainer.output().includes(`trainer: INVALID_CONFIG: ${line}\n`), trainer.output());
});

it('names every mistake of its environment at once', async () => {
  const trainer = pipeline.trainers.start('wrong', { SULCUS_CLASSES: 'one', SULCUS_EPOCHS: '0' });
  assert.equal(await trainer.ended, EXIT_INVALID_CONFIG);
  assert.match(trainer.output(), /SULCUS_CLASSES/);
  assert.match(trainer.output(), /SULCUS_EPOCHS/);
});

it('leaves its best version as candidate when people promote, and the champion where it is', async () => {
  const { registry } = pipeline;
  await pipeline.train(
    'blank',
    { SULCUS_GATE_MIN_SAMPLES: '1000' },
    { epochs: 1, optimizer: { name: 'sgd', learningRate: 1e-9 } },
  );
  const blank = (await registry.list()).find(({ run }) => run === 'blank')!;
  const champion = await registry.promote('champion', blank.version, 'an easy one to beat');
  const { events } = await pipeline.train('offered', { SULCUS_PROMOTION: 'manual' });
  const validations = validationsOf(events);
  assert.ok(validations.every(({ promoted }) => !promoted));
  assert.deepEqual(await registry.alias('champion'), champion);
  const candidate = (await registry.alias('candidate'))!;
  assert.ok(validations.some(({ version }) => version === candidate.version));
  assert.match(candidate.reason, /^better: .* of (blank-000001|offered-\d+): \+/);
});

it('wakes from idleness when images come, and trains on late labels', async () => {
  const { bus } = pipeline;
  const trainer = pipeline.trainers.start('awake');
  await pipeline.eventsUntil('awake', ({ finished }) => finished != null);
  const unlabelled = await publishScans(bus, 6, 'SPLIT_TRAIN', { seed: 'late', label: () => '' });
  await pipeline.eventsUntil('awake', ({ finished }) => finished?.scanSequence === TRAIN + VALIDATION + GATE + 6);
  for (const [index, sampleId] of unlabelled.entries()) {
    await bus.publish(subjects.label('test'), codecs.LabelEvent, {
      sampleId,
      label: CLASSES[index % 2],
      labelSource: 'pathology',
      site: 'test',
      labelledUnixMs: Date.now(),
    });
  }
  const events = await pipeline.eventsUntil('awake', ({ epoch }) => epoch?.samples === TRAIN + 6);
  assert.equal(epochsOf(events).at(-1)!.repeated, 0);
  await trainer.stop();
});
