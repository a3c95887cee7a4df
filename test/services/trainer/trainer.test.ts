import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { connectBus, Streams, subjects, type Bus } from '#libs/bus';
import { codecs, type PassCompleted, type PipelineEvent, type TrainingFinished } from '#libs/contracts';
import { decodeSafetensors, encodeSafetensors, initialState } from '#libs/nn';
import { Registry } from '#libs/registry';
import { createLogger } from '#libs/telemetry';
import { readConfig, runPreprocess } from '#services/preprocess';
import { startNats, type TestNats } from '../../_helpers/nats.js';
import { CLASSES, publishScans, RECIPE } from './_stream.js';

const TRAIN = 44;
const VALIDATION = 12;

describe('trainer', () => {
  let nats: TestNats;
  let bus: Bus;
  let folder: string;
  let preprocess: Promise<void>;
  const stop = new AbortController();
  const trainers: ChildProcess[] = [];

  before(async () => {
    nats = await startNats();
    folder = mkdtempSync(path.join(tmpdir(), 'sulcus-trainer-'));
    writeFileSync(path.join(folder, 'recipe.json'), JSON.stringify(RECIPE));
    bus = await connectBus({ servers: nats.url, name: 'test' });
    await bus.ensureTopology();
    preprocess = runPreprocess(
      { bus, config: readConfig({}), log: createLogger('preprocess'), instance: 'test' },
      stop.signal,
    );
    await publishScans(bus, TRAIN, 'SPLIT_TRAIN', { seed: 'train' });
    await publishScans(bus, VALIDATION, 'SPLIT_VALIDATION', { seed: 'validation' });
  });

  after(async () => {
    for (const trainer of trainers) trainer.kill('SIGKILL');
    stop.abort();
    await preprocess;
    await bus.drain();
    await nats.stop();
    rmSync(folder, { recursive: true });
  });

  function startTrainer(
    run: string,
    environment: Record<string, string> = {},
  ): ChildProcess & { output: () => string } {
    const trainer = spawn(
      process.execPath,
      [...process.execArgv.filter((flag) => !flag.startsWith('--test')), path.resolve('services/trainer/main.ts')],
      {
        env: {
          ...process.env,
          SULCUS_NATS_URL: nats.url,
          SULCUS_RUN: run,
          SULCUS_CLASSES: CLASSES.join(','),
          SULCUS_RECIPE: path.join(folder, 'recipe.json'),
          SULCUS_ENGINE_THREADS: '1',
          SULCUS_LOG_LEVEL: 'info',
          NODE_TEST_CONTEXT: '',
          ...environment,
        },
        stdio: ['ignore', 'inherit', 'pipe'],
      },
    );
    let text = '';
    trainer.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    trainers.push(trainer);
    return Object.assign(trainer, { output: () => text });
  }

  /** Events of the trainer about a run, from the beginning, until `done` says so. */
  async function eventsUntil(
    run: string,
    done: (event: PipelineEvent) => boolean,
    timeoutMs = 90_000,
  ): Promise<PipelineEvent[]> {
    const events: PipelineEvent[] = [];
    const given = new AbortController();
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), given.signal]);
    const newest = trainers.at(-1)!;
    if (newest.exitCode !== null) given.abort();
    newest.once('close', () => setTimeout(() => given.abort(), 1000));
    for await (const { message } of bus.follow({
      stream: Streams.EVENTS,
      subject: subjects.event('trainer'),
      codec: codecs.PipelineEvent,
      signal,
    })) {
      const about = message?.training?.run ?? message?.validation?.run ?? message?.pass?.run ?? message?.finished?.run;
      if (!message || about !== run) continue;
      events.push(message);
      if (done(message)) return events;
    }
    throw new Error(
      `No such event of run ${run} within ${timeoutMs} ms: ${trainers.map((trainer) => (trainer as ReturnType<typeof startTrainer>).output()).join('\n')}`,
    );
  }

  const passes = (events: readonly PipelineEvent[]): PassCompleted[] =>
    events.flatMap(({ pass }) => (pass ? [pass] : []));

  async function stopTrainer(trainer: ChildProcess): Promise<void> {
    const closed = new Promise((resolve) => trainer.once('close', resolve));
    trainer.kill('SIGTERM');
    await closed;
  }

  let uninterrupted: { finished: TrainingFinished; weightsHash: string };

  it('goes over every training sample once per pass, offers what improves and ends after the last epoch', async () => {
    const trainer = startTrainer('steady');
    const events = await eventsUntil('steady', ({ finished }) => finished != null);
    await stopTrainer(trainer);
    assert.equal(trainer.exitCode, 0, trainer.output());

    assert.deepEqual(
      passes(events).map(({ pass, samples, dropped, repeated }) => [pass, samples, dropped, repeated]),
      [0, 1, 2].map((pass) => [pass, TRAIN, 0, 0]),
    );
    const finished = events.at(-1)!.finished!;
    assert.equal(finished.reason, 'epochs');
    assert.equal(finished.samples, 3 * TRAIN);
    assert.equal(finished.scanSequence, TRAIN + VALIDATION);

    const registry = new Registry(bus);
    const champion = await registry.alias('champion');
    const card = await registry.get(champion!.version);
    const validations = events.flatMap(({ validation }) => (validation ? [validation] : []));
    assert.deepEqual(
      validations.map(({ pass }) => pass),
      [0, 1, 2],
    );
    const promoted = validations.filter((validation) => validation.promoted);
    assert.equal(champion!.version, promoted.at(-1)!.version);
    assert.ok(
      validations.every(({ loss }) => loss >= promoted.at(-1)!.loss),
      'the champion has the lowest validation loss',
    );
    assert.equal(promoted.at(-1)!.accuracy, 1, 'brightness of a half is easily learned');
    assert.equal(card!.metrics.validation.samples, VALIDATION);
    const { temperature, samples, nllBefore, reason } = card!.calibration!;
    assert.deepEqual([temperature, samples], [1, VALIDATION]);
    assert.match(reason!, /12 samples are too few/);
    assert.ok(
      Math.abs(nllBefore - card!.metrics.validation.loss) < 1e-6,
      'the fit begins at the loss that the version is judged by',
    );
    assert.deepEqual(card!.classes, CLASSES);
    assert.deepEqual(card!.lineage.scanSequences, { first: 1, last: TRAIN, count: TRAIN });
    uninterrupted = { finished, weightsHash: (await lastCard('steady')).weightsHash };
  });

  it('killed at any moment, goes on from its checkpoint: same samples per pass, same weights to the bit', async () => {
    // Checkpoints after nearly every batch, so that the kills fall between checkpoint, step and acknowledgement.
    const environment = { SULCUS_CHECKPOINT_INTERVAL: '1ms' };
    const midPass = (pass: number) => (event: PipelineEvent) => (event.training?.pass ?? -1) >= pass;
    for (const pass of [0, 1]) {
      const trainer = startTrainer('killed', environment);
      await eventsUntil('killed', midPass(pass));
      trainer.kill('SIGKILL');
      await new Promise((resolve) => trainer.once('close', resolve));
    }
    const trainer = startTrainer('killed', environment);
    const events = await eventsUntil('killed', ({ finished }) => finished != null);
    await stopTrainer(trainer);

    // A pass whose end was reported but not checkpointed is reported again; the last word counts.
    const lastReports = [...new Map(passes(events).map((pass) => [pass.pass, pass])).values()];
    assert.deepEqual(
      lastReports.map(({ samples, repeated }) => [samples, repeated]),
      [
        [TRAIN, 0],
        [TRAIN, 0],
        [TRAIN, 0],
      ],
    );
    assert.equal(events.at(-1)!.finished!.samples, uninterrupted.finished.samples);
    assert.equal(events.at(-1)!.finished!.steps, uninterrupted.finished.steps);
    assert.equal((await lastCard('killed')).weightsHash, uninterrupted.weightsHash);
    const { BATCHES, BATCH_REQUESTS } = await bus.stats();
    assert.equal(BATCHES.messages + BATCH_REQUESTS.messages, 0, 'everything ordered is acknowledged');
  });

  it('wakes from idleness when images come, and trains on late labels', async () => {
    const trainer = startTrainer('awake');
    await eventsUntil('awake', ({ finished }) => finished != null);
    const unlabelled = await publishScans(bus, 6, 'SPLIT_TRAIN', { seed: 'late', label: () => '' });
    await eventsUntil('awake', ({ finished }) => finished?.scanSequence === TRAIN + VALIDATION + 6);
    for (const [index, sampleId] of unlabelled.entries()) {
      await bus.publish(subjects.label('test'), codecs.LabelEvent, {
        sampleId,
        label: CLASSES[index % 2],
        labelSource: 'pathology',
        site: 'test',
        labelledUnixMs: Date.now(),
      });
    }
    const events = await eventsUntil('awake', ({ pass }) => pass?.samples === TRAIN + 6);
    assert.equal(passes(events).at(-1)!.repeated, 0);
    await stopTrainer(trainer);
  });

  it('begins with given weights, leaves frozen layers alone, and names its head in the card', async () => {
    const pretrained = initialState(
      {
        architecture: 'resnet10-slim',
        classes: 5,
        input: { height: 32, width: 32, channels: 1 },
        normalize: { mean: [0.5], std: [0.5] },
        precision: 'float32',
      },
      99,
    );
    const initialWeights = path.join(folder, 'pretrained.safetensors');
    writeFileSync(
      initialWeights,
      encodeSafetensors(new Map([...pretrained].map(([name, tensor]) => [`module.${name}`, tensor]))),
    );
    const recipe = {
      ...RECIPE,
      architecture: 'resnet10-slim',
      head: 'gap-dense1000-dense',
      initialWeights,
      frozenLayers: ['conv1', 'bn1'],
      epochs: 2,
      optimizer: { name: 'adamw', learningRate: 0.001 },
      schedule: { name: 'cosine', every: 'epoch', length: 2 },
      classWeights: { right: 2, left: 1 },
      bnFrozenAfterFirstEpoch: true,
      candidates: 'every',
    };
    writeFileSync(path.join(folder, 'options.json'), JSON.stringify(recipe));
    const trainer = startTrainer('options', { SULCUS_RECIPE: path.join(folder, 'options.json') });
    const events = await eventsUntil('options', ({ finished }) => finished != null);
    await stopTrainer(trainer);
    assert.match(trainer.output(), /a new run from .*pretrained\.safetensors .* drawn anew/);
    const rates = events.flatMap(({ training }) => (training ? [training.learningRate] : []));
    assert.ok(
      Math.abs(rates[0]! - 0.001) < 1e-9 && Math.abs(rates.at(-1)! - 0.0005) < 1e-9,
      `rates ${rates.join(', ')}`,
    );
    const cards = (await new Registry(bus).list()).filter((card) => card.run === 'options');
    assert.equal(cards.length, 2, 'every validation offers a candidate');
    const [first, last] = await Promise.all(
      cards
        .sort((a, b) => a.step - b.step)
        .map(async (card) => decodeSafetensors(await new Registry(bus).loadWeights(card)).state),
    );
    assert.equal(cards[0]!.head, 'gap-dense1000-dense');
    assert.deepEqual(last!.get('head.output.weight')!.shape, [2, 1000]);
    for (const name of ['conv1.weight', 'bn1.running_mean'])
      assert.deepEqual(last!.get(name)!.data, pretrained.get(name)!.data, name);
    assert.notDeepEqual(last!.get('layer1.0.conv1.weight')!.data, first!.get('layer1.0.conv1.weight')!.data);
    assert.notDeepEqual(
      first!.get('layer1.0.bn1.running_mean')!.data,
      pretrained.get('layer1.0.bn1.running_mean')!.data,
    );
    assert.deepEqual(
      last!.get('layer1.0.bn1.running_mean')!.data,
      first!.get('layer1.0.bn1.running_mean')!.data,
      'batch norm keeps its statistics after the first pass',
    );
  });

  it('leaves its best version as candidate when people promote, and the champion where it is', async () => {
    const registry = new Registry(bus);
    const first = (await registry.list()).find(({ run }) => run === 'steady')!;
    const champion = await registry.promote('champion', first.version, 'an easy one to beat');
    const trainer = startTrainer('offered', { SULCUS_PROMOTION: 'manual' });
    const events = await eventsUntil('offered', ({ finished }) => finished != null);
    await stopTrainer(trainer);
    const validations = events.flatMap(({ validation }) => (validation ? [validation] : []));
    assert.ok(validations.every(({ promoted }) => !promoted));
    assert.deepEqual(await registry.alias('champion'), champion);
    const best = validations.reduce((lowest, validation) => (validation.loss < lowest.loss ? validation : lowest));
    assert.equal((await registry.alias('candidate'))!.version, best.version);
    assert.match((await registry.alias('candidate'))!.reason, /better than (steady-000001|offered-)/);
  });

  it('refuses to continue a run with other classes, and says every mistake with exit code 2', async () => {
    const trainer = startTrainer('steady', { SULCUS_CLASSES: 'left,right,middle' });
    await new Promise((resolve) => trainer.once('close', resolve));
    assert.equal(trainer.exitCode, 2);
    assert.match(
      trainer.output(),
      /run "steady" was begun with other settings: classes: \["left","right"\], and now \["left","right","middle"\]/,
    );
    assert.match(trainer.output(), /begin a new run under another name \(SULCUS_RUN; --run of npm start\)/);
    const wrong = startTrainer('wrong', { SULCUS_CLASSES: 'one', SULCUS_EPOCHS: '0' });
    await new Promise((resolve) => wrong.once('close', resolve));
    assert.equal(wrong.exitCode, 2);
    assert.match(wrong.output(), /SULCUS_CLASSES/);
    assert.match(wrong.output(), /SULCUS_EPOCHS/);
  });

  it('is fenced off when another trainer takes over its run', async () => {
    const first = startTrainer('taken', { SULCUS_EPOCHS: '500', SULCUS_CHECKPOINT_INTERVAL: '50ms' });
    await eventsUntil('taken', ({ validation }) => validation != null);
    const second = startTrainer('taken', { SULCUS_EPOCHS: '500', SULCUS_CHECKPOINT_INTERVAL: '50ms' });
    const code = await Promise.race([
      new Promise<string>((resolve) => first.once('close', () => resolve(`first: ${first.output()}`))),
      new Promise<string>((resolve) => second.once('close', () => resolve(`second: ${second.output()}`))),
      delay(60_000).then(() => 'both go on'),
    ]);
    assert.match(code, /CONFLICT/);
  });

  async function lastCard(run: string) {
    const cards = (await new Registry(bus).list()).filter((card) => card.run === run);
    return cards.sort((a, b) => a.step - b.step).at(-1)!;
  }
});
