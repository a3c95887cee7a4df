import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { temperatureScaled } from '#libs/calibration';
import type { PredictStudyRequestInput, StudyOptionsInput, StudyPrediction } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { compileTransform, decodeImage } from '#libs/imaging';
import { createRandom } from '#libs/random';
import type { ModelCard } from '#libs/registry';
import { createClient } from '#libs/rpc';
import { readConfig, type PredictorService } from '#services/predictor';
import { until } from '../../../helpers/until.js';
import { isCode } from '../../../helpers/errors.js';
import { RecordStore } from '../../../../services/predictor/recording/record-store.js';
import { replay } from '../../../../services/predictor/recording/replay/replay.js';
import { aggregate } from '../../../../services/predictor/studies/aggregate.js';
import { viewsOf } from '../../../../services/predictor/studies/views.js';
import {
  assertClose,
  CLASSES,
  createFixture,
  DirectAnswers,
  never,
  publishModel,
  randomImage,
  transform,
  untilServing,
  type Fixture,
} from '../_predictor.js';
import { publishSlice, sulcusStudy } from './_slices.js';

const TEMPERATURE = 1.6;
const NORMAL = [CLASSES.indexOf('notumor')];

let fixture: Fixture;
let direct: DirectAnswers;
let service: PredictorService;
let client: ReturnType<typeof createClient<'Predictor'>>;
let card: ModelCard;
let images: Buffer[];
/** What the network answers to each image, at the temperature: [slice][class]. */
let expected: number[][];

before(async () => {
  [fixture, direct] = await Promise.all([createFixture(), DirectAnswers.start()]);
  service = await fixture.start({ maxStudySlices: 12, maxStudyBytes: 400_000 });
  client = createClient('Predictor', service.address, { timeoutMs: 120_000 });
  card = await publishModel(fixture.registry, 1, {
    calibration: { temperature: TEMPERATURE, samples: 60, nllBefore: 1, nllAfter: 0.9, eceBefore: 0.2, eceAfter: 0.1 },
  });
  await fixture.registry.promote('champion', card.version, 'first');
  await untilServing(service, card.version);
  images = await Promise.all(Array.from({ length: 8 }, (_, seed) => randomImage(seed)));
  expected = await Promise.all(
    images.map(async (image) => Array.from(temperatureScaled(await direct.of(1, image), TEMPERATURE))),
  );
});
after(async () => {
  client.close();
  await fixture.close();
  await direct[Symbol.asyncDispose]();
});

const slicesOf = (files: readonly Buffer[]): PredictStudyRequestInput[] =>
  files.map((image, index) => ({ slice: { image, name: `slice ${index}` } }));

async function ask(files: readonly Buffer[], options: StudyOptionsInput = {}): Promise<StudyPrediction> {
  // Random weights are not sure of much: that alone is no reason to abstain here.
  const { prediction } = await client.predictStudy([
    { study: { studyId: 'by hand', options: { maxEntropy: 1, ...options } } },
    ...slicesOf(files),
  ]);
  return prediction!;
}

const probabilities = (prediction: StudyPrediction): number[] =>
  prediction.probabilities.map(({ probability }) => probability);

test('a single image is answered at the temperature of the card, and the answer says so', async () => {
  const answer = await client.predict({ image: images[0]! });
  assertClose(
    answer.probabilities.map(({ probability }) => probability),
    Float32Array.from(expected[0]!),
  );
  assert.equal(answer.temperature, TEMPERATURE);
});

test("a study is what its slices' own answers make, by one version, in each aggregation", async () => {
  for (const [wire, aggregation] of [
    ['STUDY_AGGREGATION_MEAN', 'mean'],
    ['STUDY_AGGREGATION_TOP_K_MEAN', 'top-k-mean'],
    ['STUDY_AGGREGATION_NOISY_OR', 'noisy-or'],
  ] as const) {
    const study = await ask(images, { aggregation: wire, topK: 2 });
    const reference = aggregate(expected, { aggregation, topK: 2, normal: NORMAL });
    assertClose(probabilities(study), Float32Array.from(reference.probabilities));
    assert.ok(Math.abs(study.anyFinding!.probability - (1 - reference.probabilities[NORMAL[0]!]!)) < 1e-5);
    assert.equal(
      study.decision,
      study.anyFinding!.probability >= 0.5 ? 'STUDY_DECISION_FINDING' : 'STUDY_DECISION_NO_FINDING',
    );
    assert.deepEqual(
      study.slices.flatMap(({ used }, index) => (used ? [index] : [])),
      [...reference.used].sort((a, b) => a - b),
    );
    study.slices.forEach((slice, index) => {
      assertClose(slice.probabilities, Float32Array.from(expected[index]!));
      assert.equal(slice.name, `slice ${index}`);
      assert.equal(slice.sampleId, createHash('sha256').update(images[index]!).digest('hex'));
      assert.equal(slice.predictionIds.length, 1);
    });
    assert.deepEqual(
      [study.modelVersion, study.modelHash, study.temperature, study.studyId],
      [card.version, card.weightsHash, TEMPERATURE, 'by hand'],
    );
    assert.deepEqual(
      [study.options!.aggregation, study.options!.normalClasses, study.normalClassesSource],
      [wire, ['notumor'], 'well-known name'],
    );
    assert.match(study.summary, /probability of any finding is \d/);
  }
});

test('the order in which slices are sent changes nothing', async () => {
  const random = createRandom('order');
  const first = await ask(images);
  const second = await ask([...images].sort(() => random.uniform(-1, 1)));
  assertClose(probabilities(second), Float32Array.from(probabilities(first)), 1e-6);
  assert.equal(second.sliceSetHash, first.sliceSetHash);
  assert.equal(second.decision, first.decision);
});

test('slices that cannot be used are listed with their error; the rest is the study', async () => {
  const study = await ask([images[0]!, Buffer.alloc(0), images[1]!, images[2]!.subarray(0, 300)], {
    aggregation: 'STUDY_AGGREGATION_MEAN',
  });
  assert.deepEqual(
    study.slices.map(({ error }) => error?.code),
    [undefined, 'IMAGE_EMPTY', undefined, 'IMAGE_TRUNCATED'],
  );
  assert.deepEqual(study.slices[1]!.probabilities, []);
  assertClose(
    probabilities(study),
    Float32Array.from(aggregate(expected.slice(0, 2), { aggregation: 'mean', topK: 1, normal: NORMAL }).probabilities),
  );
  assert.notEqual(study.decision, 'STUDY_DECISION_ABSTAINED');
});

test('too many of them, too few usable ones, or answers as if by chance: it abstains and says which', async () => {
  const reasons = (study: StudyPrediction): string[] => {
    assert.equal(study.decision, 'STUDY_DECISION_ABSTAINED');
    assert.match(study.summary, /^No conclusion: /);
    return study.abstentions.map(({ reason }) => reason);
  };
  assert.deepEqual(reasons(await ask([images[0]!, Buffer.alloc(0), Buffer.alloc(0)])), [
    'REASON_TOO_MANY_FAILED_SLICES',
  ]);
  assert.deepEqual(reasons(await ask(images.slice(0, 2), { minSlices: 3 })), ['REASON_TOO_FEW_SLICES']);
  assert.deepEqual(reasons(await ask(images, { maxEntropy: 0.01 })), ['REASON_HIGH_ENTROPY']);
  assert.deepEqual(reasons(await ask(images, { minProbability: 1 })), ['REASON_LOW_PROBABILITY']);
});

test('a study without a usable slice, or with options out of range or order, is INVALID_ARGUMENT', async () => {
  await assert.rejects(
    ask([Buffer.alloc(0), Buffer.from('x')]),
    (error) => isCode('INVALID_ARGUMENT')(error) && /None of 2 slices.*IMAGE_EMPTY/.test((error as Error).message),
  );
  await assert.rejects(
    ask([]),
    (error) => isCode('INVALID_ARGUMENT')(error) && /no slices/.test((error as Error).message),
  );
  await assert.rejects(
    ask(images, { threshold: 2, views: 99 }),
    (error) => isCode('INVALID_ARGUMENT')(error) && /views is 99.*threshold is 2/.test((error as Error).message),
  );
  await assert.rejects(
    ask(images, { normalClasses: ['notumour'] }),
    (error) => isCode('INVALID_ARGUMENT')(error) && /notumour/.test((error as Error).message),
  );
  await assert.rejects(
    client.predictStudy([...slicesOf(images.slice(0, 1)), { study: {} }]),
    isCode('INVALID_ARGUMENT'),
  );
  await assert.rejects(client.predictStudy([{}]), isCode('INVALID_ARGUMENT'));
});

test('more slices or bytes than are taken are rejected while they come, and the server goes on', async () => {
  await assert.rejects(
    ask(Array.from({ length: 13 }, () => images[0]!)),
    (error) => isCode('INVALID_ARGUMENT')(error) && /more than 12 slices/.test((error as Error).message),
  );
  await assert.rejects(
    ask([Buffer.alloc(200_000), Buffer.alloc(200_001)]),
    (error) => isCode('INVALID_ARGUMENT')(error) && /400000 bytes/.test((error as Error).message),
  );
  assert.equal((await ask(images.slice(0, 1))).slices.length, 1);
});

test('views: a slice is the mean of what the network says to the same image flipped and rotated', async () => {
  const study = await ask([images[0]!], { views: 5, aggregation: 'STUDY_AGGREGATION_MEAN' });
  const decoded = await decodeImage(images[0]!);
  const pixels = compileTransform(transform, 'eval')(decoded);
  const width = transform.outputWidth;
  const flipped = (from: Uint8Array): Uint8Array =>
    from.map((_, index) => from[index - (index % width) + width - 1 - (index % width)]!);
  // Flipped by hand; rotated by the warp that training uses, which is checked against torchvision elsewhere.
  const rotated = (degrees: number): Uint8Array =>
    compileTransform(
      { ...transform, train: [...transform.eval, { op: 'randomRotation', degrees: [degrees, degrees] }] },
      'train',
    )(decoded, createRandom('any'));
  // A flipped image rotated one way is the image rotated the other way, flipped.
  const views = [pixels, flipped(pixels), rotated(5), rotated(-5), flipped(rotated(-5))];
  const answers = await Promise.all(
    views.map(async (view) => Array.from(temperatureScaled(await direct.ofPixels(1, view), TEMPERATURE))),
  );
  const meanOf = (index: number): number => answers.reduce((sum, row) => sum + row[index]!, 0) / answers.length;
  assertClose(
    probabilities(study),
    Float32Array.from(CLASSES, (_, index) => meanOf(index)),
    1e-4,
  );
  const deviation = (index: number): number =>
    Math.sqrt(answers.reduce((sum, row) => sum + (row[index]! - meanOf(index)) ** 2, 0) / answers.length);
  assertClose(
    study.uncertainty!.standardDeviations,
    Float32Array.from(CLASSES, (_, index) => deviation(index)),
    1e-4,
  );
  assert.ok(study.uncertainty!.mutualInformation > 0);
  assert.equal(new Set(study.slices[0]!.predictionIds).size, 5);
  assert.deepEqual(
    viewsOf({ hash: 'own', spec: transform }, 1),
    [{ hash: 'own', spec: transform }],
    "one view is the version's own transform",
  );
});

test('every view leaves a record with its own preparation, and can be made again to the bit', async () => {
  const study = await ask([images[1]!], { views: 2 });
  const store = new RecordStore(fixture.bus);
  const [own, flipped] = study.slices[0]!.predictionIds;
  await until(
    async () => (await store.find(own!)) !== undefined && (await store.find(flipped!)) !== undefined,
    'both records',
  );
  const records = await Promise.all([own!, flipped!].map(async (id) => (await store.find(id))!.record));
  assert.deepEqual(
    records.map(({ studyId, requestName, sampleId }) => [studyId, requestName, sampleId]),
    records.map(() => ['', 'slice 0', study.slices[0]!.sampleId]),
    'what a caller calls a study is no pseudonym and is not kept',
  );
  assert.equal(records[0]!.transformHash, card.transformHash);
  assert.notEqual(records[1]!.transformHash, card.transformHash);
  const again = await replay({
    record: records[1]!,
    card,
    input: images[1]!,
    natsUrl: fixture.nats.url,
    signal: never,
  });
  assert.deepEqual([...again.probabilities], records[1]!.probabilities);
  assert.notDeepEqual(records[1]!.probabilities, records[0]!.probabilities);
  await assert.rejects(
    replay({
      record: { ...records[1]!, transformHash: 'other' },
      card,
      input: images[1]!,
      natsUrl: fixture.nats.url,
      signal: never,
    }),
    isCode('HASH_MISMATCH'),
  );
});

test('a study that was ingested is predicted by its pseudonym, with what has come by then', async () => {
  for (const image of images.slice(0, 3)) await publishSlice(fixture.bus, 'site-0001', image);
  await publishSlice(fixture.bus, 'site-0002', images[4]!);
  const sent = await ask(images.slice(0, 3));
  const { prediction } = await client.predictStoredStudy({ studyId: 'site-0001' });
  assertClose(probabilities(prediction!), Float32Array.from(probabilities(sent)), 1e-6);
  assert.equal(prediction!.sliceSetHash, sent.sliceSetHash);
  assert.deepEqual(
    prediction!.slices.map(({ scanSequence }) => scanSequence),
    [1, 2, 3],
  );
  const [predictionId] = prediction!.slices[0]!.predictionIds;
  const store = new RecordStore(fixture.bus);
  await until(
    async () => (await store.find(predictionId!))?.record.studyId === 'site-0001',
    'the record names the study',
  );
  await publishSlice(fixture.bus, 'site-0001', images[3]!);
  assert.equal((await client.predictStoredStudy({ studyId: 'site-0001' })).prediction!.slices.length, 4);
  await assert.rejects(client.predictStoredStudy({ studyId: 'site-9999' }), isCode('NOT_FOUND'));
  await assert.rejects(client.predictStoredStudy({ studyId: '' }), isCode('INVALID_ARGUMENT'));
});

test('sulcus study: a folder as a table, an ingested study as JSON, wrong options with exit code 2', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-study-'));
  t.after(() => rm(folder, { recursive: true }));
  await Promise.all(images.slice(0, 3).map((image, index) => writeFile(path.join(folder, `${index}.png`), image)));
  await writeFile(path.join(folder, 'broken.png'), images[0]!.subarray(0, 300));
  await publishSlice(fixture.bus, 'site-0003', images[6]!);
  const environment = { SULCUS_PREDICTOR_ADDRESS: service.address };
  const [table, json, wrong] = await Promise.all([
    sulcusStudy([folder, '--aggregation', 'mean', '--views', '2', '--normal', 'notumor,glioma'], environment),
    sulcusStudy(['--stored', 'site-0003', '--json'], environment),
    sulcusStudy([folder, '--stored', 'site-0003', '--threshold', '7'], environment),
  ]);
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stdout, new RegExp(`^study +${path.basename(folder)}$`, 'm'));
  assert.match(table.stdout, new RegExp(`^model +${card.version}, temperature 1\\.600$`, 'm'));
  assert.match(table.stdout, /^glioma +[\d.]+ % +± [\d.]+ % +\(normal\)$/m);
  assert.match(table.stdout, /broken\.png +IMAGE_TRUNCATED/);
  assert.match(table.stdout, /3 of 4 slices usable/);
  assert.equal(json.code, 0, json.stderr);
  const stored = JSON.parse(json.stdout) as StudyPrediction;
  assert.equal(stored.studyId, 'site-0003');
  assertClose(probabilities(stored), Float32Array.from(expected[6]!));
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--threshold "7"/);
});

test('a study whose engine dies begins anew, and one version answers all of it', async () => {
  const { enginePid } = service.serving!;
  process.kill(enginePid!, 'SIGSTOP');
  const answer = ask(images);
  await until(async () => {
    const error = await client.predict({ image: images[0]! }, { timeoutMs: 200 }).catch((thrown: unknown) => thrown);
    return error instanceof SulcusError;
  }, 'the engine hanging');
  process.kill(enginePid!, 'SIGKILL');
  const study = await answer;
  assert.equal(study.slices.length, images.length);
  assert.ok(study.slices.every(({ error }) => error === null));
  assertClose(probabilities(study), Float32Array.from(probabilities(await ask(images))), 1e-6);
});

test('configuration: every variable of studies is read, and mistakes are told together', () => {
  const config = readConfig({
    SULCUS_STUDIES: 'yes',
    SULCUS_STUDY_IDLE: '5m',
    SULCUS_NORMAL_CLASSES: 'a, b',
    SULCUS_STUDY_AGGREGATION: 'noisy-or',
  });
  assert.deepEqual(
    [config.studies, config.studyIdleMs, config.normalClasses, config.studyAggregation],
    [true, 300_000, ['a', 'b'], 'noisy-or'],
  );
  assert.throws(
    () => readConfig({ SULCUS_STUDY_THRESHOLD: '2', SULCUS_STUDY_VIEWS: '9' }),
    (error: Error) => /STUDY_THRESHOLD/.test(error.message) && /STUDY_VIEWS/.test(error.message),
  );
});
