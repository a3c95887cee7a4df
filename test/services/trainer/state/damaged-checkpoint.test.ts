import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BlobRef } from '#libs/contracts';
import { TestPipeline } from '../_pipeline.js';
import { publishScans } from '../_stream.js';
import { until } from '../../../helpers/until.js';

interface Stored {
  owner: string;
  parts: Record<string, BlobRef>;
}

describe('a run whose stored state is damaged goes on, and says from what', () => {
  let pipeline: TestPipeline;

  before(async () => {
    pipeline = await TestPipeline.start();
    await publishScans(pipeline.bus, 24, 'SPLIT_TRAIN', { seed: 'train' });
    await publishScans(pipeline.bus, 8, 'SPLIT_VALIDATION', { seed: 'validation' });
  });

  after(() => pipeline.close());

  const pointer = async (run: string): Promise<Stored & { previous?: Stored }> => {
    const entry = await (await pipeline.bus.keyValue('checkpoints')).get(run);
    return JSON.parse(entry!.value.toString()) as Stored & { previous?: Stored };
  };
  const damage = ({ owner, parts }: Stored) => pipeline.bus.deleteBlob(parts['weights']!.sha256, { owner });
  /** Trains a run that was trained before, to its end. */
  const trainOn = async (run: string, epochs: string): Promise<string> => {
    const trainer = pipeline.trainers.start(run, { SULCUS_EPOCHS: epochs, ...interval });
    await until(() => trainer.output().includes('nothing more to learn'), 'the end of the training', 60_000);
    assert.equal(await trainer.stop(), 0, trainer.output());
    return trainer.output();
  };
  const interval = { SULCUS_CHECKPOINT_INTERVAL: '1ms' };

  it('from the checkpoint before the newest', async () => {
    const { exitCode } = await pipeline.train('before', { SULCUS_EPOCHS: '2', ...interval });
    assert.equal(exitCode, 0);
    await damage(await pointer('before'));
    const output = await trainOn('before', '3');
    assert.match(output, /newest checkpoint is damaged.*going on from the one before, step \d+/);
    assert.match(output, /"epoch":2,"samples":24,"dropped":0,"repeated":0/);
  });

  it('from the newest version where the checkpoint says what cannot be', async () => {
    await pipeline.train('odd', { SULCUS_EPOCHS: '2', SULCUS_KEEP_DECLINED: 'true', ...interval });
    const bucket = await pipeline.bus.keyValue('checkpoints');
    const stored = (await pointer('odd')) as Stored & { manifest: Record<string, unknown> };
    const odd = { ...stored, manifest: { ...stored.manifest, ledger: { pass: -1 } } };
    await bucket.put('odd', Buffer.from(JSON.stringify(odd)));
    const output = await trainOn('odd', '1');
    assert.match(output, /The checkpoint of run \\?"odd\\?" is damaged: .*ledger\.pass/);
    assert.match(output, /from the weights of odd-/);
  });

  it('from the newest version where no checkpoint can be read', async () => {
    await pipeline.train('version', { SULCUS_EPOCHS: '2', SULCUS_KEEP_DECLINED: 'true', ...interval });
    const stored = await pointer('version');
    await damage(stored);
    await damage(stored.previous!);
    const [newest] = (await pipeline.registry.list()).filter(({ run }) => run === 'version').reverse();
    const output = await trainOn('version', '1');
    assert.match(output, new RegExp(`no checkpoint can be read .*from the weights of ${newest!.version}`));
    const [, step] = /"step":(\d+)[^\n]*"msg":"validated"/.exec(output) ?? [];
    assert.ok(Number(step) > newest!.step, 'steps are counted on');
  });
});
