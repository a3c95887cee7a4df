import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { blobOwners, subjects } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { TestPipeline } from './_pipeline.js';
import { publishScans } from './_stream.js';
import type { TrainerProcess } from './_trainer.js';

const EXIT_FAILED = 1;

/** The process ends with the cause in words, so that whoever supervises it starts a fresh one. */
describe('a trainer in which something fails', () => {
  let pipeline: TestPipeline;
  /** Class index that the next batch claims for all its samples, instead of theirs. */
  let forgedClass: number | undefined;

  before(async () => {
    pipeline = await TestPipeline.start(async ({ samples }) => {
      const claimed = forgedClass;
      forgedClass = undefined;
      return samples.map((sample) => ({ ...sample, classIndex: claimed ?? sample.classIndex }));
    });
    await publishScans(pipeline.bus, 24, 'SPLIT_TRAIN', { seed: 'train' });
    await publishScans(pipeline.bus, 8, 'SPLIT_VALIDATION', { seed: 'validation' });
  });

  after(() => pipeline.close());

  it('ends when its engine process is killed', async () => {
    const trainer = pipeline.trainers.start('engine-killed', { SULCUS_EPOCHS: '5000' });
    await pipeline.eventsUntil('engine-killed', ({ training }) => training != null);
    const engine = execFileSync('pgrep', ['-P', String(trainer.process.pid), '-f', 'sulcus-engine'], {
      encoding: 'utf8',
    });
    process.kill(Number(engine), 'SIGKILL');
    assert.equal(await endOf(trainer), EXIT_FAILED, trainer.output());
    assert.match(trainer.output(), /^trainer: ENGINE_FAILED: .*SIGKILL/m);
  });

  it('ends when training diverges, and says what to do', async () => {
    const trainer = pipeline.trainers.start('diverging', {}, { optimizer: { name: 'sgd', learningRate: 1e30 } });
    assert.equal(await endOf(trainer), EXIT_FAILED, trainer.output());
    assert.match(
      trainer.output(),
      /^trainer: MODEL_INVALID: Training has diverged: .*; lower the learning rate, 1e\+30 now .*SULCUS_LEARNING_RATE/m,
    );
  });

  it('on a stream, passes over steps without a finite loss, goes back to the average, ends with advice', async () => {
    const recipe = {
      mode: 'stream',
      stream: { replayedPerArrival: 3, memorySize: 32, warmUp: { samples: 8, epochs: 20 } },
      optimizer: { name: 'sgd', learningRate: 1e30 },
    };
    const trainer = pipeline.trainers.start('diverging-stream', { SULCUS_STREAM_PAUSE: '1s' }, recipe);
    assert.equal(await endOf(trainer), EXIT_FAILED, trainer.output());
    assert.match(trainer.output(), /step \d+ was refused: its loss is no finite number: the weights stay as they are/);
    assert.match(trainer.output(), /step \d+ was refused: 5 in a row: training goes on from the averaged weights/);
    assert.match(trainer.output(), /^trainer: MODEL_INVALID: .*; lower the learning rate, 1e\+30 now/m);
  });

  it('goes on when a batch names a class that its run does not have: a dead letter, and asked for anew', async () => {
    forgedClass = 1000;
    const { events, exitCode, output } = await pipeline.train('forged');
    assert.equal(exitCode, 0, output);
    assert.ok(events.at(-1)!.finished!.steps > 0);
    const letter = await pipeline.bus.getLast('DEAD', subjects.dead('trainer'), codecs.DeadLetter);
    assert.match(letter!.message.cause, /has class 1000, not [01]/);
    const original = codecs.TensorBatch.decode(letter!.message.original!.inline!);
    assert.equal(original.samples[0]!.classIndex, 1000);
  });

  it('goes on when a batch comes that nobody asked for: it is a dead letter, and pixels of others stay', async () => {
    const owner = blobOwners.batch('another', 'f'.repeat(32));
    const blob = await pipeline.bus.putBlob(Buffer.from('pixels of another run'), { owner });
    for (const run of ['another', '', 'no token']) {
      const forged = { run, requestId: 'f'.repeat(32), samples: [], pixels: { blob } };
      await pipeline.bus.publish(subjects.batch('foreign'), codecs.TensorBatch, forged);
    }
    const { exitCode, output } = await pipeline.train('foreign');
    assert.equal(exitCode, 0, output);
    const letter = await pipeline.bus.getLast('DEAD', subjects.dead('trainer'), codecs.DeadLetter);
    assert.match(letter!.message.cause, /answers no request of this run/);
    assert.equal((await pipeline.bus.getBlob(blob, { owner })).toString(), 'pixels of another run');
  });

  it('waits when there is no room for a checkpoint, says what to do, and goes on when there is', async () => {
    await pipeline.bus.ensureTopology({ maxBytes: { BLOBS: 10_000 } });
    const trainer = pipeline.trainers.start('no-room', { SULCUS_EPOCHS: '3', SULCUS_CHECKPOINT_INTERVAL: '1ms' });
    try {
      const deadlineMs = Date.now() + 60_000;
      while (!/waiting for room to store a checkpoint/.test(trainer.output()) && Date.now() < deadlineMs)
        await delay(50);
      assert.match(trainer.output(), /full.*sulcus runs delete.*SULCUS_STREAM_BLOBS_BYTES/i);
    } finally {
      await pipeline.bus.ensureTopology({ maxBytes: { BLOBS: 1e9 } });
    }
    await pipeline.eventsUntil('no-room', ({ finished }) => finished != null);
    assert.equal(await trainer.stop(), 0, trainer.output());
  });

  it('ends when another trainer takes over its run', async () => {
    const environment = { SULCUS_EPOCHS: '5000', SULCUS_CHECKPOINT_INTERVAL: '50ms' };
    const first = pipeline.trainers.start('taken', environment);
    await pipeline.eventsUntil('taken', ({ training }) => training != null);
    pipeline.trainers.start('taken', environment);
    assert.equal(await endOf(first), EXIT_FAILED, first.output());
    assert.match(first.output(), /^trainer: CONFLICT: /m);
  });
});

const endOf = (trainer: TrainerProcess): Promise<number | null | 'goes on'> =>
  Promise.race([trainer.ended, delay(40_000, 'goes on' as const, { ref: false })]);
