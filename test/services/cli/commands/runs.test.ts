import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Bus, connectBus, publishRetention, readRetentions, Streams, subjects, trainerConsumer } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { CheckpointStore, Registry } from '#libs/registry';
import { commandOutput } from '../../../helpers/command-output.js';
import { isCode } from '../../../helpers/errors.js';
import { startNats, type TestNats } from '../../../helpers/nats.js';
import { until } from '../../../helpers/until.js';
import { main } from '../../../../services/cli/commands/runs/runs.js';

const RECIPE = { name: 'tiny', optimizer: { name: 'adam', learningRate: 0.001 }, batchSize: 8 };

let nats: TestNats;
let bus: Bus;
let folder: string;

/** What the command prints. */
const output = (...words: string[]): Promise<string> => commandOutput(main, [...words, '--nats', nats.url]);

async function saveRun(run: string, recipe: object, step: number): Promise<void> {
  const manifest = {
    schema: 1,
    run,
    recipe,
    classes: ['left', 'right'],
    seed: 1,
    ledger: { pass: 2 },
    progress: { step, samples: step * 8 },
    ...('mode' in recipe && {
      stream: { plan: { memory: { arrivals: 7, unlabelled: [{}, { label: { name: 'odd' } }, {}] } } },
    }),
  };
  await new CheckpointStore(bus).save(run, { manifest, parts: { weights: Buffer.alloc(100) } });
  for (const [at, loss] of [
    [step / 2, 0.9],
    [step, run === 'first' ? 0.5 : 0.4],
  ] as const)
    await bus.publish(subjects.event('trainer'), codecs.PipelineEvent, {
      service: 'trainer',
      instance: 'test',
      timeUnixMs: Date.now(),
      body: 'validation',
      validation: { run, step: at, epoch: 0, samples: 10, loss, accuracy: 0.8, version: '', promoted: false },
    });
}

before(async () => {
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  folder = await mkdtemp(path.join(tmpdir(), 'sulcus-runs-'));
  await saveRun('first', RECIPE, 40);
  await saveRun('second', { ...RECIPE, optimizer: { name: 'adam', learningRate: 0.01 }, mode: 'stream' }, 60);
});

after(async () => {
  await bus.drain();
  await nats.stop();
  await rm(folder, { recursive: true });
});

describe('sulcus runs', () => {
  it('lists runs, the one heard of last first', async () => {
    const lines = (await output()).split('\n');
    assert.match(lines.at(-2)!, /^second +tiny +stream +60 +7 images +3 \(1 odd\) +left, right /);
    assert.match(lines.at(-1)!, /^first +tiny +epochs +40 +2 epochs +left, right /);
  });

  it('compare shows the settings that differ and draws the curves in one picture', async () => {
    const picture = path.join(folder, 'curves.svg');
    const text = await output('compare', 'first', 'second', '--output', picture);
    assert.match(text, /optimizer\.learningRate +0\.001 +0\.01/);
    assert.match(text, /mode +– +"stream"/);
    assert.doesNotMatch(text, /batchSize/);
    const svg = readFileSync(picture, 'utf8');
    assert.match(svg, /first[^]*second/);
    const json = JSON.parse(await output('compare', 'first', 'second', '--json')) as {
      validations: Record<string, { step: number; loss: number }[]>;
    };
    assert.deepEqual(
      json.validations['second']!.map(({ step, loss }) => [step, loss]),
      [
        [30, 0.9],
        [60, 0.4],
      ],
    );
  });

  it('names the runs there are when one is not known', async () => {
    await assert.rejects(
      output('compare', 'first', 'nope'),
      isCode('NOT_FOUND', /no run "nope": there are second, first/),
    );
    await assert.rejects(output('compare', 'first'), isCode('INVALID_CONFIG', /two runs or more/));
  });

  it('delete refuses a run whose trainer runs, whole, and --older-than passes it over', async () => {
    const trainer = new AbortController();
    const taken = bus.pull({
      stream: Streams.BATCHES,
      durable: trainerConsumer('first'),
      subject: subjects.batch('first'),
      codec: codecs.TensorBatch,
      maxInFlight: 1,
      recreate: true,
      signal: trainer.signal,
    });
    const ended = taken.next();
    const isWaiting = async (): Promise<boolean> =>
      (await bus.stats()).BATCHES.consumers.some(({ waiting }) => waiting > 0);
    await until(isWaiting, 'the trainer waits for batches');
    await assert.rejects(output('delete', 'second', 'first'), isCode('CONFLICT', /goes on with "first": stop it/));
    assert.equal(await output('delete', '--older-than', '1ms'), 'second: deleted with 0 versions');
    assert.deepEqual(await new CheckpointStore(bus).runs(), ['first']);
    await saveRun('second', RECIPE, 60);
    trainer.abort();
    await ended;
    await until(async () => !(await isWaiting()), 'the trainer has ended');
  });

  it('delete forgets checkpoint, batches and versions, but not what an alias points to', async () => {
    const registry = new Registry(bus);
    await bus.publish(subjects.batchRequest('first'), codecs.BatchRequest, { run: 'first', requestId: 'a' });
    const checkpoints = await bus.keyValue('checkpoints');
    await checkpoints.put('owner.first', Buffer.from('a trainer that has ended'));
    await publishRetention(bus, { run: 'first', settledThrough: 1, labelsThrough: 0, retained: [] });
    assert.equal(await output('delete', 'first'), 'first: deleted with 0 versions');
    assert.equal(await checkpoints.get('owner.first'), undefined);
    assert.equal((await readRetentions(bus)).has('first'), false);
    assert.deepEqual(await new CheckpointStore(bus).runs(), ['second']);
    assert.equal((await bus.stats()).BATCH_REQUESTS.messages, 0);
    assert.deepEqual(await registry.list(), []);
    assert.equal(await output('delete', '--older-than', '30d'), 'No run is that old');
  });
});
