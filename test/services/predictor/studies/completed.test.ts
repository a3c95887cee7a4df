import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connectBus, Streams, subjects } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { CompletedStudies, StudyIndex } from '#libs/studies';
import { createLogger } from '#libs/telemetry';
import { StudyFollower } from '../../../../services/predictor/studies/study-follower.js';
import { OpenStudies } from '../../../../services/predictor/studies/open-studies.js';
import { startNats } from '../../../helpers/nats.js';
import { publishScan } from '../../../helpers/scans.js';
import { until } from '../../../helpers/until.js';

/** A study that nobody says is complete waits longer than any test. */
const IDLE_MS = 600_000;

async function startFollower(t: TestContext) {
  const nats = await startNats();
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  const log = createLogger('test', { write: () => undefined });
  const index = new StudyIndex(bus, log);
  const follower = new StudyFollower({
    ...{ bus, log, index, idleMs: IDLE_MS },
    predict: (studyId, slices) =>
      Promise.resolve({
        studyId,
        modelVersion: 'm-1',
        slices: slices.map(({ sampleId, sequence }) => ({ sampleId, scanSequence: sequence })),
      }),
  });
  t.after(async () => {
    await follower.close();
    await index.close();
    await bus.drain();
    await nats.stop();
  });
  const slice = (studyId: string, seed: number) => publishScan(bus, Buffer.from(`${studyId} ${seed}`), { studyId });
  const predicted = async (studyId: string): Promise<number | undefined> =>
    (await bus.getLast(Streams.STUDIES, subjects.study(studyId), codecs.StudyPrediction))?.message.slices.length;
  return { studies: new CompletedStudies(bus), slice, predicted };
}

test('a study that its site says is complete is predicted at once, when all of its slices are here', async (t) => {
  const { studies, slice, predicted } = await startFollower(t);
  for (const seed of [1, 2]) await slice('site-a', seed);
  await slice('site-b', 1);
  await studies.announce('site', { studyId: 'site-a', samples: 3 });
  await studies.announce('other', { studyId: 'site-a', samples: 2 });
  await studies.announce('site', { studyId: 'site-b', samples: 1 });
  await until(async () => (await predicted('site-b')) === 1, 'the complete one is predicted');
  await delay(500);
  assert.equal(await predicted('site-a'), undefined, 'a slice of it is on its way');
  await slice('site-a', 3);
  await until(async () => (await predicted('site-a')) === 3, 'all of it is predicted');
  // A late slice opens it again, and others may follow it.
  await slice('site-a', 4);
  await delay(500);
  assert.equal(await predicted('site-a'), 3);
  await studies.announce('site', { studyId: 'site-a', samples: 4 });
  await until(async () => (await predicted('site-a')) === 4, 'the site has spoken again');
});

test('complete studies are due before those whose idle time ends; a slice that comes opens them again', () => {
  const open = new OpenStudies(1000);
  open.complete('unknown');
  assert.equal(open.next(), undefined);
  open.touch('a', 10);
  open.touch('b', 20);
  assert.deepEqual(open.next(), { studyId: 'a', dueUnixMs: 1010, isComplete: false });
  open.complete('b');
  assert.deepEqual(open.next(), { studyId: 'b', dueUnixMs: 1020, isComplete: true });
  open.touch('b', 30);
  assert.deepEqual(open.next(), { studyId: 'a', dueUnixMs: 1010, isComplete: false });
  open.complete('b');
  open.close('b', 1020);
  assert.equal(open.next()?.studyId, 'b', 'a slice has come since');
  open.close('b', 1030);
  assert.equal(open.next()?.studyId, 'a');
});
