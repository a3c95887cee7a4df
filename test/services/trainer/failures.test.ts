import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { connectBus, type Bus } from '#libs/bus';
import { startNats, type TestNats } from '../../_helpers/nats.js';
import { answerBatchRequests } from './_preprocess.js';
import { publishScans } from './_stream.js';
import { TrainerStarter, type TrainerProcess } from './_trainer.js';

const EXIT_FAILED = 1;

/** The process ends with the cause in words, so that whoever supervises it starts a fresh one. */
describe('a trainer in which something fails', () => {
  let nats: TestNats;
  let bus: Bus;
  let trainers: TrainerStarter;
  const stop = new AbortController();
  let preparing: Promise<void>;
  /** Class index that the next batch claims for all its samples, instead of theirs. */
  let forgedClass: number | undefined;

  before(async () => {
    nats = await startNats();
    trainers = new TrainerStarter(nats.url);
    bus = await connectBus({ servers: nats.url, name: 'test' });
    await bus.ensureTopology();
    await publishScans(bus, 24, 'SPLIT_TRAIN', { seed: 'train' });
    await publishScans(bus, 8, 'SPLIT_VALIDATION', { seed: 'validation' });
    preparing = answerBatchRequests(bus, stop.signal, async ({ samples }) => {
      const claimed = forgedClass;
      forgedClass = undefined;
      return samples.map((sample) => ({ ...sample, classIndex: claimed ?? sample.classIndex }));
    });
  });

  after(async () => {
    trainers.close();
    stop.abort();
    await preparing;
    await bus.drain();
    await nats.stop();
  });

  async function endOf(trainer: TrainerProcess): Promise<number | null | 'goes on'> {
    return Promise.race([trainer.ended, delay(40_000, 'goes on' as const, { ref: false })]);
  }

  it('ends when its engine process is killed', async () => {
    const trainer = trainers.start('engine-killed', { SULCUS_EPOCHS: '5000' });
    await outputOf(trainer, /training/);
    const engine = execFileSync('pgrep', ['-P', String(trainer.process.pid), '-f', 'sulcus-engine'], {
      encoding: 'utf8',
    });
    process.kill(Number(engine), 'SIGKILL');
    assert.equal(await endOf(trainer), EXIT_FAILED, trainer.output());
    assert.match(trainer.output(), /^trainer: ENGINE_FAILED: .*SIGKILL/m);
  });

  it('ends when training diverges', async () => {
    const trainer = trainers.start('diverging', {}, { optimizer: { name: 'sgd', learningRate: 1e30 } });
    assert.equal(await endOf(trainer), EXIT_FAILED, trainer.output());
    assert.match(trainer.output(), /^trainer: MODEL_INVALID: Training has diverged/m);
  });

  it('ends when a batch names a class that the run does not have', async () => {
    forgedClass = 1000;
    const trainer = trainers.start('forged');
    assert.equal(await endOf(trainer), EXIT_FAILED, trainer.output());
    assert.match(trainer.output(), /^trainer: .*Label 1000 is not in 0 to 1/m);
  });
});

async function outputOf(trainer: TrainerProcess, pattern: RegExp): Promise<void> {
  for (const deadline = Date.now() + 60_000; !pattern.test(trainer.output()); await delay(50)) {
    if (Date.now() > deadline || trainer.process.exitCode !== null)
      throw new Error(`The trainer does not say ${pattern.source}: ${trainer.output()}`);
  }
}
