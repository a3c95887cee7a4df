import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { blobOwners, Streams } from '#libs/bus';
import { codecs } from '#libs/contracts';
import type { ModelCard } from '#libs/registry';
import { TestPipeline, validationsOf } from '../_pipeline.js';
import { publishScans, RECIPE } from '../_stream.js';

/** Candidates with real networks, trained by the trainer and judged beside the champion of the tests before. */
let pipeline: TestPipeline;

const VALIDATION = 12;
const GATE = 120;

before(async () => {
  pipeline = await TestPipeline.start();
  await publishScans(pipeline.bus, 44, 'SPLIT_TRAIN', { seed: 'train' });
  await publishScans(pipeline.bus, VALIDATION, 'SPLIT_VALIDATION', { seed: 'validation' });
});

after(() => pipeline.close());

const champion = async (): Promise<ModelCard> => {
  const { version } = (await pipeline.registry.alias('champion'))!;
  return (await pipeline.registry.get(version))!;
};

const cardsOf = async (run: string): Promise<ModelCard[]> =>
  (await pipeline.registry.list()).filter((card) => card.run === run).sort((a, b) => a.step - b.step);

/** Why versions of a run were promoted, or not, in order. */
async function reasons(run: string, kind: 'KIND_PROMOTED' | 'KIND_DECLINED'): Promise<string[]> {
  const told: string[] = [];
  for await (const { message } of pipeline.bus.follow({
    stream: Streams.MODELS,
    codec: codecs.ModelEvent,
    storedOnly: true,
    signal: AbortSignal.timeout(10_000),
  }))
    if (message?.kind === kind && message.version.startsWith(`${run}-`)) told.push(message.reason);
  return told;
}

/** Whatever the image, all inputs of the network are next to 0; and it learns nothing. */
const BLIND = {
  epochs: 2,
  candidates: 'every',
  optimizer: { name: 'sgd', learningRate: 1e-9 },
  transform: { ...RECIPE.transform, name: 'blind-32', normalize: { mean: [0.5], std: [50] } },
};

it('the first version is champion; without a gate the validation split stands in; too few decide nothing', async () => {
  await pipeline.train('blind', {}, BLIND);
  const [first, second] = await cardsOf('blind');
  assert.equal((await champion()).version, first!.version);
  const [promoted] = await reasons('blind', 'KIND_PROMOTED');
  assert.match(promoted!, /^there is no champion yet; 50\.0 % right of 12; .*on the validation split, for no labelled/);
  const [declined] = await reasons('blind', 'KIND_DECLINED');
  assert.match(declined!, /^too few samples: 88 more needed \(12 of 100\); .*sulcus promote; on the validation split/);
  assert.equal(second!.metrics.gate!.split, 'validation');
  assert.ok(second!.weights, 'people may want what could not be judged');
});

it('a run that knows more classes than the champion is compared with it, and promoted when it is better', async () => {
  await publishScans(pipeline.bus, GATE, 'SPLIT_GATE', { seed: 'gate' });
  // Beside the champion, so that it stays for the tests that follow.
  await pipeline.train('wider', { SULCUS_CLASSES: 'middle,left,right', SULCUS_PROMOTION: 'manual' });
  const candidate = (await pipeline.registry.alias('candidate'))!;
  assert.match(candidate.version, /^wider-/);
  const [reason] = await reasons('wider', 'KIND_PROMOTED');
  assert.match(reason!, /^better: [\d.]+ % right of 120 against 50\.0 % of blind-000001: /);
});

it('what is better while the champion is frozen is not promoted, says so, and keeps its weights', async () => {
  const before = await champion();
  await pipeline.registry.freeze('champion', 'an audit');
  await pipeline.train('held', { SULCUS_CLASSES: 'right,left' });
  await pipeline.registry.thaw('champion', 'it is over');
  assert.equal((await champion()).version, before.version);
  const held = (await cardsOf('held')).filter(({ metrics: { gate } }) => gate!.frozen);
  assert.ok(held.length > 0);
  for (const { weights, metrics } of held) {
    assert.ok(weights);
    assert.match(metrics.gate!.reason, /^champion is frozen \(an audit\), it would be promoted: better: /);
  }
});

it('is judged on the gate split alone, also where the class list is in another order', async () => {
  await pipeline.train('good', { SULCUS_CLASSES: 'right,left' });
  const card = await champion();
  assert.equal(card.run, 'good');
  const [reason] = await reasons('good', 'KIND_PROMOTED');
  assert.match(reason!, /^better: [\d.]+ % right of 120 against 50\.0 % of blind-000001: \+[\d.]+ points/);
  const { split, samples, classCounts, accuracy, comparison } = card.metrics.gate!;
  assert.deepEqual([split, samples, classCounts], ['gate', GATE, { right: GATE / 2, left: GATE / 2 }]);
  assert.ok(accuracy > 0.95, `brightness of a half is easily learned: ${accuracy}`);
  assert.ok(comparison!.difference > 0.3 && comparison!.interval[0] > 0 && comparison!.pValue < 0.01);
  assert.equal(card.metrics.validation.samples, VALIDATION);
  assert.deepEqual(card.metrics.validation.classCounts, { right: VALIDATION / 2, left: VALIDATION / 2 });
});

it('a champion is asked with its own pixels: a run that prepares images worse does not take its place', async () => {
  const before = await champion();
  // What is frequent is learned from images that show next to nothing; asked with those, the champion knows no more.
  const lefts = { label: (index: number) => (index % 2 === 0 ? 'left' : '') };
  await publishScans(pipeline.bus, 60, 'SPLIT_TRAIN', { seed: 'lefts', ...lefts });
  await publishScans(pipeline.bus, 36, 'SPLIT_VALIDATION', { seed: 'lefts', ...lefts });
  const dim = { epochs: 2, optimizer: { name: 'adam', learningRate: 0.03 }, transform: BLIND.transform };
  await pipeline.train('dim', {}, dim);
  assert.equal((await champion()).version, before.version);
  const declined = await reasons('dim', 'KIND_DECLINED');
  const its = (100 * before.metrics.gate!.accuracy).toFixed(1);
  assert.ok(declined.length > 0);
  for (const reason of declined)
    assert.match(reason, new RegExp(`: [\\d.]+ % right of 120 against ${its} % of ${before.version}: `));
});

it('what is declined keeps its card and figures without its weights, and cannot be promoted', async () => {
  const { bus, registry } = pipeline;
  const [card] = await cardsOf('dim');
  assert.equal(card!.weights, undefined);
  assert.match(card!.weightsHash, /^[0-9a-f]{64}$/);
  assert.equal(card!.metrics.gate!.comparison!.version, (await champion()).version);
  assert.deepEqual(await bus.blobOwners(blobOwners.model('dim')), []);
  await assert.rejects(registry.promote('champion', card!.version, 'by mistake'), { code: 'MODEL_INVALID' });
  await assert.rejects(registry.loadWeights(card!), {
    code: 'MODEL_INVALID',
    message: /declined.*without its weights/,
  });
});

it('every comparison on a set is counted, whichever run made it', async () => {
  const gates = (await pipeline.registry.list()).flatMap(({ metrics: { gate } }) =>
    gate?.split === 'gate' ? [gate] : [],
  );
  assert.equal(new Set(gates.map(({ sampleSetHash }) => sampleSetHash)).size, 1);
  assert.deepEqual(
    gates.map(({ looks }) => looks),
    gates.map((_, index) => index + 1),
  );
  assert.match(gates.at(-1)!.reason, new RegExp(`look ${gates.length} at this set`));
});

it('a run that does not know a class of the champion is left to people, and keeps its weights for them', async () => {
  const before = await champion();
  await pipeline.train('narrow', { SULCUS_CLASSES: 'left,middle' }, { epochs: 1 });
  assert.equal((await champion()).version, before.version);
  const [reason] = await reasons('narrow', 'KIND_DECLINED');
  assert.match(reason!, new RegExp(`not compared with ${before.version}: its classes are right, left, and this run`));
  assert.match(reason!, /this run does not know right; .*sulcus promote/);
  assert.ok((await cardsOf('narrow'))[0]!.weights);
});

it('a lower validation loss promotes nothing that is worse on the gate', async () => {
  const swapped = { label: (index: number) => (index % 2 === 0 ? 'right' : 'left') };
  // Where most of what there is to learn and to validate on is labelled the wrong way round, learning that lowers the
  // validation loss.
  await publishScans(pipeline.bus, 160, 'SPLIT_TRAIN', { seed: 'swapped', ...swapped });
  await publishScans(pipeline.bus, 90, 'SPLIT_VALIDATION', { seed: 'swapped', ...swapped });
  const before = await champion();
  const { events } = await pipeline.train('misled');
  const losses = validationsOf(events).map(({ loss }) => loss);
  // Of 3 of 4 validation samples the champion says the opposite. Mean -ln(1 - p) is at least that of the mean -ln p
  // (Jensen), which the gate measured on images of the same kind.
  const itsLossAtLeast = -0.75 * Math.log(1 - Math.exp(-before.metrics.gate!.loss));
  assert.ok(Math.min(...losses) < itsLossAtLeast, `${losses.join(', ')} beside ${itsLossAtLeast} of the champion`);
  assert.equal((await champion()).version, before.version);
  const declined = await reasons('misled', 'KIND_DECLINED');
  assert.ok(declined.length > 0);
  for (const reason of declined) assert.match(reason, /^not better: .* against .*: −/);
});
