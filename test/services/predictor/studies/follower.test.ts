import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Streams, subjects } from '#libs/bus';
import { codecs, type StudyPrediction } from '#libs/contracts';
import type { ModelCard } from '#libs/registry';
import { until } from '../../../helpers/until.js';
import { OpenStudies } from '../../../../services/predictor/studies/open-studies.js';
import { createFixture, publishModel, randomImage, type Fixture } from '../_predictor.js';
import { publishSlice, sulcusStudy } from './_slices.js';

const IDLE_MS = 600;

let fixture: Fixture;
let card: ModelCard;
let images: Buffer[];
const predictors: ChildProcess[] = [];

before(async () => {
  fixture = await createFixture();
  card = await publishModel(fixture.registry, 1);
  await fixture.registry.promote('champion', card.version, 'first');
  images = await Promise.all(Array.from({ length: 8 }, (_, seed) => randomImage(seed)));
});
after(async () => {
  for (const predictor of predictors) predictor.kill('SIGKILL');
  await fixture.close();
});

/** The predictor as a process of its own, so that it can be killed. */
function startPredictor(): ChildProcess {
  const predictor = spawn(
    process.execPath,
    [...process.execArgv.filter((flag) => !flag.startsWith('--test')), path.resolve('dist/services/predictor/main.js')],
    {
      env: {
        ...process.env,
        SULCUS_NATS_URL: fixture.nats.url,
        SULCUS_PREDICTOR_ADDRESS: '127.0.0.1:0',
        SULCUS_STUDIES: 'true',
        SULCUS_STUDY_IDLE: `${IDLE_MS}ms`,
        SULCUS_STUDY_MAX_ENTROPY: '1',
        SULCUS_ENGINE_THREADS: '1',
        SULCUS_PREPARE_THREADS: '1',
        SULCUS_BATCH_SIZE: '2',
        NODE_TEST_CONTEXT: '',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  predictors.push(predictor);
  return predictor;
}

async function kill(predictor: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => predictor.once('exit', resolve));
  predictor.kill('SIGKILL');
  await gone;
}

/** Everything that was ever published of a study, oldest first. */
async function published(studyId: string): Promise<StudyPrediction[]> {
  const found: StudyPrediction[] = [];
  if ((await fixture.bus.getLast(Streams.STUDIES, subjects.study(studyId), codecs.StudyPrediction)) === undefined)
    return found;
  const done = new AbortController();
  for await (const { message, pending } of fixture.bus.follow({
    stream: Streams.STUDIES,
    subject: subjects.study(studyId),
    codec: codecs.StudyPrediction,
    signal: done.signal,
  })) {
    found.push(message!);
    if (pending === 0) return found;
  }
  return found;
}

const sequences = (prediction: StudyPrediction): number[] => prediction.slices.map(({ scanSequence }) => scanSequence);

test('studies are predicted once as they complete, over a kill; a late slice supersedes the first prediction', {
  timeout: 120_000,
}, async () => {
  const first = startPredictor();
  for (const image of images.slice(0, 3)) await publishSlice(fixture.bus, 'site-a', image);
  await publishSlice(fixture.bus, 'site-b', images[3]!);
  await until(
    async () => (await published('site-a')).length === 1 && (await published('site-b')).length === 1,
    'both studies predicted',
    60_000,
  );
  const [complete] = await published('site-a');
  assert.deepEqual(sequences(complete!), [1, 2, 3]);
  assert.deepEqual(
    [complete!.revision, complete!.supersedes, complete!.modelVersion, complete!.options!.priority],
    [1, '', card.version, 3],
  );
  assert.ok(complete!.slices.every(({ error, predictionIds }) => error === null && predictionIds.length === 1));

  // What came while nobody was there is found after the restart; what was published is not published again.
  await kill(first);
  await publishSlice(fixture.bus, 'site-a', images[4]!);
  await publishSlice(fixture.bus, 'site-c', images[5]!);
  const second = startPredictor();
  await until(
    async () => (await published('site-a')).length === 2 && (await published('site-c')).length === 1,
    'the late slice and the new study',
    60_000,
  );
  const [, late] = await published('site-a');
  assert.deepEqual(sequences(late!), [1, 2, 3, 5]);
  assert.deepEqual([late!.revision, late!.supersedes], [2, complete!.studyPredictionId]);
  assert.notEqual(late!.sliceSetHash, complete!.sliceSetHash);

  // Killed while a study is about to be predicted.
  await publishSlice(fixture.bus, 'site-d', images[6]!);
  await sleep(IDLE_MS);
  await kill(second);
  const third = startPredictor();
  await until(async () => (await published('site-d')).length === 1, 'the interrupted study', 60_000);
  await sleep(2 * IDLE_MS);
  assert.deepEqual(
    await Promise.all(['site-a', 'site-b', 'site-c', 'site-d'].map(async (study) => (await published(study)).length)),
    [2, 1, 1, 1],
  );
  assert.equal((await fixture.bus.stats()).STUDIES.messages, 5);

  // Slices that left SCANS for the archive take nothing from what was predicted of all of them.
  await kill(third);
  await fixture.bus.deleteMessage(Streams.SCANS, 2);
  await publishSlice(fixture.bus, 'site-e', images[7]!);
  startPredictor();
  await until(async () => (await published('site-e')).length === 1, 'a study after the restart', 60_000);
  await sleep(2 * IDLE_MS);
  assert.equal((await published('site-a')).length, 2);

  const { code, stdout } = await sulcusStudy(['--published', 'site-a'], { SULCUS_NATS_URL: fixture.nats.url });
  assert.equal(code, 0);
  assert.match(stdout, /^study +site-a, revision 2$/m);
});

test('a study is due when its newest slice is old enough; one that comes meanwhile keeps it open', () => {
  const open = new OpenStudies(60);
  open.touch('a', 1000);
  open.touch('b', 1010);
  open.touch('a', 1020);
  assert.deepEqual(open.next(), { studyId: 'b', dueUnixMs: 1070, isComplete: false });
  open.close('b', 1070);
  assert.deepEqual(open.next(), { studyId: 'a', dueUnixMs: 1080, isComplete: false });
  open.touch('a', 1090);
  open.close('a', 1080);
  assert.deepEqual(open.next(), { studyId: 'a', dueUnixMs: 1150, isComplete: false });
  open.close('a', 1150);
  assert.equal(open.next(), undefined);
  assert.equal(open.size, 0);
});
