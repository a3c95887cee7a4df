import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Streams, subjects } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { TestPipeline } from '../_pipeline.js';
import { publishScans } from '../_stream.js';

test('a run that has nothing to validate on says what it waits for, and what to do', { timeout: 60_000 }, async (t) => {
  const pipeline = await TestPipeline.start();
  t.after(() => pipeline.close());
  await publishScans(pipeline.bus, 4, 'SPLIT_TRAIN', { seed: 'train' });
  const trainer = pipeline.trainers.start('waits');
  t.after(() => trainer.kill());
  const subject = subjects.event('trainer');
  const follow = { stream: Streams.EVENTS, subject, codec: codecs.PipelineEvent, signal: t.signal };
  for await (const { message } of pipeline.bus.follow(follow)) {
    if (!/name their splits/.test(message?.state?.message ?? '')) continue;
    assert.equal(message!.state!.state, 'idle');
    assert.match(
      message!.state!.message,
      /^waiting .* 4 to train and 0 to validate so far; a patient’s images are all/,
    );
    return;
  }
});
