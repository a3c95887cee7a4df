import assert from 'node:assert/strict';
import { constants, getPriority } from 'node:os';
import { after, before, test } from 'node:test';
import type { PredictResponse, ShadowProgress } from '#libs/contracts';
import { defaultTransform, transformHash } from '#libs/imaging';
import { encodeSafetensors, initialState } from '#libs/nn';
import type { ModelCard } from '#libs/registry';
import { createClient } from '#libs/rpc';
import { readConfig, type PredictorService } from '#services/predictor';
import { until } from '../../../helpers/until.js';
import { isCode } from '../../../helpers/errors.js';
import { isInShare } from '../../../../services/predictor/shadow/share.js';
import {
  CLASSES,
  createFixture,
  DirectAnswers,
  isRunning,
  network,
  predictorEvents,
  publishModel,
  randomImage,
  untilServing,
  type Fixture,
} from '../_predictor.js';

const SHARE = 0.5;
const CANDIDATE = 'candidate';

let fixture: Fixture;
let direct: DirectAnswers;
let champion: ModelCard;
let candidate: ModelCard;
let service: PredictorService;
let client: ReturnType<typeof createClient<'Predictor'>>;
const images: Buffer[] = [];
/** Answers to the images while there is no shadow. */
let alone: PredictResponse[];
/** All answers since there is a shadow. */
let asked: PredictResponse[] = [];

before(async () => {
  [fixture, direct] = await Promise.all([createFixture(), DirectAnswers.start()]);
  [champion, candidate] = [await publishModel(fixture.registry, 1), await publishModel(fixture.registry, 2)];
  for (let seed = 0; seed < 8; seed++) images.push(await randomImage(seed));
  await fixture.registry.promote('champion', champion.version, 'first');
  service = await fixture.start({ shadowAlias: CANDIDATE, shadowShare: SHARE });
  await untilServing(service, champion.version);
  client = createClient('Predictor', service.address);
  alone = await ask(images.length);
  await fixture.registry.promote(CANDIDATE, candidate.version, 'to be compared');
  await untilShadowing(candidate.version);
  asked = [];
});
after(async () => {
  client.close();
  await fixture.close();
  await direct[Symbol.asyncDispose]();
});

const untilShadowing = (version: string): Promise<void> =>
  until(() => service.shadowing?.card.version === version, `${version} is the shadow`);

/** The newest counts of the champion beside another version. */
const countsOf = async (shadowVersion: string): Promise<ShadowProgress | undefined> =>
  (await predictorEvents(fixture.bus))
    .flatMap(({ shadow }) => (shadow ? [shadow] : []))
    .findLast((counts) => counts.liveVersion === champion.version && counts.shadowVersion === shadowVersion);

/** Asks about the images in turn, one at a time. */
async function ask(count: number): Promise<PredictResponse[]> {
  const answers: PredictResponse[] = [];
  for (let index = 0; index < count; index++)
    answers.push(await client.predict({ image: images[index % images.length]! }));
  asked.push(...answers);
  return answers;
}

const chosen = (answers: readonly PredictResponse[]): PredictResponse[] =>
  answers.filter(({ predictionId }) => isInShare(predictionId, SHARE));

test('exactly the share is mirrored, and the counts are those of the two networks side by side', async () => {
  const answers = await ask(40);
  const expected = chosen(answers);
  assert.ok(expected.length > 5 && expected.length < 35);
  assert.ok(answers.every(({ modelVersion }) => modelVersion === champion.version));
  await until(
    async () => (await countsOf(candidate.version))?.compared === expected.length,
    'all of the share compared',
  );

  const pairs = await Promise.all(
    expected.map(async ({ predictionId }) => {
      const image = images[answers.findIndex((answer) => answer.predictionId === predictionId) % images.length]!;
      return { live: await direct.of(1, image), shadow: await direct.of(2, image) };
    }),
  );
  const likeliest = (values: Float32Array): string => CLASSES[values.indexOf(Math.max(...values))]!;
  const difference =
    pairs.reduce(
      (sum, { live, shadow }) =>
        sum + live.reduce((total, value, index) => total + Math.abs(value - shadow[index]!), 0) / CLASSES.length,
      0,
    ) / pairs.length;
  const counts = (await countsOf(candidate.version))!;
  assert.equal(counts.agreed, pairs.filter(({ live, shadow }) => likeliest(live) === likeliest(shadow)).length);
  assert.ok(
    Math.abs(counts.meanAbsoluteDifference - difference) < 1e-5,
    `${counts.meanAbsoluteDifference} instead of ${difference}`,
  );
  for (const { liveClass, shadowClass, count } of counts.confusion) {
    assert.equal(
      count,
      pairs.filter(({ live, shadow }) => likeliest(live) === liveClass && likeliest(shadow) === shadowClass).length,
    );
  }
  assert.equal(
    counts.confusion.reduce((sum, { count }) => sum + count, 0),
    expected.length,
  );
  assert.ok(counts.liveInferenceMs > 0 && counts.shadowInferenceMs > 0);
  assert.deepEqual([counts.dropped, counts.failed], [0, 0]);
});

test('answers are the same to the bit as before there was a shadow, whose engine has the lowest priority', async () => {
  assert.deepEqual(
    (await ask(images.length)).map(({ probabilities }) => probabilities),
    alone.map(({ probabilities }) => probabilities),
  );
  assert.equal(getPriority(service.shadowing!.enginePid), constants.priority.PRIORITY_LOW);
  assert.equal(getPriority(service.serving!.enginePid), getPriority());
});

test('a shadow that hangs delays nobody: what it cannot take is dropped, and all of the share is counted', async () => {
  const settled = async (): Promise<number> => {
    const { compared, dropped, failed } = (await countsOf(candidate.version))!;
    return compared + dropped + failed;
  };
  const { enginePid } = service.shadowing!;
  process.kill(enginePid!, 'SIGSTOP');
  try {
    await ask(240);
    await until(async () => (await countsOf(candidate.version))!.dropped > 0, 'images dropped');
  } finally {
    process.kill(enginePid!, 'SIGCONT');
  }
  await until(async () => (await settled()) === chosen(asked).length, 'all accounted for');
});

test('a version that fails its check is no shadow, and the live version and the shadow before it stay', async () => {
  const broken = await publishModel(fixture.registry, 10, {}, Buffer.from('no weights at all'));
  await fixture.registry.promote(CANDIDATE, broken.version, 'by mistake');
  await until(
    async () =>
      (await predictorEvents(fixture.bus)).some(
        ({ state }) =>
          state?.state === 'ready' && state.message.includes(`Shadow version ${broken.version} cannot be loaded`),
      ),
    'operators are told',
  );
  assert.equal(service.serving!.card.version, champion.version);
  assert.equal(service.shadowing!.card.version, candidate.version);
  assert.equal((await client.predict({ image: images[0]! })).modelVersion, champion.version);
});

test('a shadow with another transform gets the images prepared in its own way', async () => {
  const [sizePx, wider] = [48, defaultTransform(48)];
  const input = { height: sizePx, width: sizePx, channels: 1 } as const;
  const weights = encodeSafetensors(initialState({ ...network, input }, 3));
  const card = await publishModel(
    fixture.registry,
    11,
    {
      input: { ...champion.input, ...input },
      transform: wider as unknown as Record<string, unknown>,
      transformHash: transformHash(wider),
    },
    weights,
  );
  await fixture.registry.promote(CANDIDATE, card.version, 'to be compared');
  await untilShadowing(card.version);
  const expected = chosen(await ask(20)).length;
  const counted = async (): Promise<number> => {
    const counts = await countsOf(card.version);
    return counts ? counts.compared + counts.dropped : 0;
  };
  // What a busy machine has no time for is dropped, and counted.
  await until(async () => (await counted()) === expected, 'all of the share counted');
  const { compared, failed } = (await countsOf(card.version))!;
  assert.ok(compared > 0);
  assert.equal(failed, 0);
});

test('a shadow with other classes is not compared: counted, and callers are answered', async () => {
  const card = await publishModel(fixture.registry, 12, { classes: ['glioma', 'meningioma', 'notumor', 'stroke'] });
  await fixture.registry.promote(CANDIDATE, card.version, 'to be compared');
  await untilShadowing(card.version);
  const expected = chosen(await ask(10)).length;
  await until(async () => ((await countsOf(card.version))?.failed ?? 0) === expected, 'all counted');
  assert.equal((await countsOf(card.version))?.compared ?? 0, 0);
});

test('a shadow that is promoted is not compared with itself: its process ends until it is rolled back', async () => {
  const {
    card: { version },
    enginePid,
  } = service.shadowing!;
  await fixture.registry.promote('champion', version, 'compared enough');
  await untilServing(service, version);
  await ask(10);
  await until(() => service.shadowing === undefined && !isRunning(enginePid!), 'the shadow has ended');
  assert.ok(!(await predictorEvents(fixture.bus)).some(({ shadow }) => shadow?.liveVersion === version));
  await fixture.registry.rollback('champion', 'worse after all');
  await untilServing(service, champion.version);
  await untilShadowing(version);
});

test('the alias of the live version cannot be the shadow too', () => {
  assert.throws(() => readConfig({ SULCUS_SHADOW_ALIAS: 'champion' }), isCode('INVALID_CONFIG'));
});
