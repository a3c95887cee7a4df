import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { Streams } from '#libs/bus';
import { codecs } from '#libs/contracts';
import type { ModelCard } from '#libs/registry';
import { TestPipeline } from './_pipeline.js';
import { publishScans, RECIPE } from './_stream.js';

let pipeline: TestPipeline;
let champion: ModelCard;

before(async () => {
  pipeline = await TestPipeline.start();
  const { bus, registry } = pipeline;
  await publishScans(bus, 44, 'SPLIT_TRAIN', { seed: 'train' });
  await publishScans(bus, 12, 'SPLIT_VALIDATION', { seed: 'validation' });
  await pipeline.train('good');
  champion = (await registry.get(await championNow()))!;
  assert.equal(champion.metrics.validation.accuracy, 1);
  // What is measured on these as well cannot be compared with what its card says: the champion has to answer.
  await publishScans(bus, 4, 'SPLIT_VALIDATION', { seed: 'later' });
});

after(() => pipeline.close());

const championNow = async (): Promise<string> => (await pipeline.registry.alias('champion'))!.version;

/** Why the versions of a run were not promoted. */
async function reasonsAgainst(run: string): Promise<string[]> {
  const reasons: string[] = [];
  for await (const { message } of pipeline.bus.follow({
    stream: Streams.MODELS,
    codec: codecs.ModelEvent,
    storedOnly: true,
    signal: AbortSignal.timeout(10_000),
  }))
    if (message?.kind === 'KIND_DECLINED' && message.version.startsWith(`${run}-`)) reasons.push(message.reason);
  return reasons;
}

/** Whatever the image, all inputs of the network are next to 0; and it learns nothing. */
const BLIND = {
  epochs: 1,
  optimizer: { name: 'sgd', learningRate: 1e-9 },
  transform: { ...RECIPE.transform, name: 'blind-32', normalize: { mean: [0.5], std: [50] } },
};

it('is asked with its own pixels: a run that prepares its images worse does not take its place', async () => {
  await pipeline.train('blind', {}, BLIND);
  assert.equal(await championNow(), champion.version);
  const [reason] = await reasonsAgainst('blind');
  const [, loss, accuracy] = new RegExp(`not better than ${champion.version}: ([\\d.]+), ([\\d.]+) %`).exec(reason!)!;
  assert.equal(Number(accuracy), 100);
  assert.ok(Math.abs(Number(loss) - champion.metrics.validation.loss) < 0.1, reason);
});

it('of other classes is left where it is, and people are told how to move on', async () => {
  await pipeline.train('renamed', { SULCUS_CLASSES: 'middle,left,right' }, { epochs: 1 });
  assert.equal(await championNow(), champion.version);
  const [reason] = await reasonsAgainst('renamed');
  assert.match(reason!, new RegExp(`not compared with ${champion.version}: `));
  assert.match(reason!, /its classes are left, right, those of this run middle, left, right; .*sulcus promote/);
});
