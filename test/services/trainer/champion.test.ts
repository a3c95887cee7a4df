import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { connectBus, Streams, subjects, type Bus } from '#libs/bus';
import { codecs, type PipelineEvent } from '#libs/contracts';
import { Registry, type ModelCard } from '#libs/registry';
import { createLogger } from '#libs/telemetry';
import { readConfig, runPreprocess } from '#services/preprocess';
import { startNats, type TestNats } from '../../_helpers/nats.js';
import { publishScans, RECIPE } from './_stream.js';
import { TrainerStarter } from './_trainer.js';

let nats: TestNats;
let bus: Bus;
let registry: Registry;
let trainers: TrainerStarter;
let preprocess: Promise<void>;
const stop = new AbortController();
let champion: ModelCard;

before(async () => {
  nats = await startNats();
  trainers = new TrainerStarter(nats.url);
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  registry = new Registry(bus);
  const log = createLogger('preprocess');
  preprocess = runPreprocess({ bus, config: readConfig({}), log, instance: 'test' }, stop.signal);
  await publishScans(bus, 44, 'SPLIT_TRAIN', { seed: 'train' });
  await publishScans(bus, 12, 'SPLIT_VALIDATION', { seed: 'validation' });
  await trained('good');
  champion = (await registry.get((await registry.alias('champion'))!.version))!;
  assert.equal(champion.metrics.validation.accuracy, 1);
  // What is measured on these is comparable, what was measured before is not: the champion has to answer.
  await publishScans(bus, 4, 'SPLIT_VALIDATION', { seed: 'later' });
});

after(async () => {
  trainers.close();
  stop.abort();
  await preprocess;
  await bus.drain();
  await nats.stop();
});

/** Trains a run to its end. */
async function trained(run: string, environment: Record<string, string> = {}, recipe: object = {}): Promise<void> {
  const trainer = trainers.start(run, environment, recipe);
  const signal = AbortSignal.timeout(90_000);
  const events = { stream: Streams.EVENTS, subject: subjects.event('trainer'), codec: codecs.PipelineEvent, signal };
  let finished: PipelineEvent['finished'];
  for await (const { message } of bus.follow(events)) {
    if (message?.finished?.run !== run) continue;
    finished = message.finished;
    break;
  }
  await trainer.stop();
  assert.ok(finished, trainer.output());
}

/** Why the versions of a run were not promoted. */
async function reasonsAgainst(run: string): Promise<string[]> {
  const reasons: string[] = [];
  const signal = AbortSignal.timeout(10_000);
  for await (const { message } of bus.follow({
    stream: Streams.MODELS,
    codec: codecs.ModelEvent,
    storedOnly: true,
    signal,
  }))
    if (message?.kind === 'KIND_DECLINED' && message.version.startsWith(`${run}-`)) reasons.push(message.reason);
  return reasons;
}

const championNow = async (): Promise<string> => (await registry.alias('champion'))!.version;

/** Blind: whatever the image, all inputs are next to 0. Learns nothing either. */
const BLIND = {
  epochs: 1,
  optimizer: { name: 'sgd', learningRate: 1e-9 },
  transform: { ...RECIPE.transform, name: 'blind-32', normalize: { mean: [0.5], std: [50] } },
};

it('is asked with its own pixels: a run that prepares its images worse does not take its place', async () => {
  await trained('blind', {}, BLIND);
  assert.equal(await championNow(), champion.version);
  const [reason] = await reasonsAgainst('blind');
  const [, loss, accuracy] = new RegExp(`not better than ${champion.version}: ([\\d.]+), ([\\d.]+) %`).exec(reason!)!;
  assert.equal(Number(accuracy), 100);
  assert.ok(Math.abs(Number(loss) - champion.metrics.validation.loss) < 0.1, reason);
});

it('of other classes is left where it is, and people are told how to move on', async () => {
  await trained('renamed', { SULCUS_CLASSES: 'middle,left,right' }, { epochs: 1 });
  assert.equal(await championNow(), champion.version);
  const [reason] = await reasonsAgainst('renamed');
  assert.match(reason!, new RegExp(`not compared with ${champion.version}: `));
  assert.match(reason!, /its classes are left, right, those of this run middle, left, right; .*sulcus promote/);
});
