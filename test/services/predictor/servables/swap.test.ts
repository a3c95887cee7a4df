import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import os from 'node:os';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { subjects } from '#libs/bus';
import { encodeSafetensors } from '#libs/nn';
import type { ModelCard } from '#libs/registry';
import { createClient } from '#libs/rpc';
import type { PredictorService } from '#services/predictor';
import { until } from '../../../helpers/until.js';
import { checkHealth } from '../protocols/_foreign-client.js';
import {
  assertClose,
  createFixture,
  DirectAnswers,
  isRunning,
  predictorEvents,
  publishModel,
  randomImage,
  randomWeights,
  untilServing,
  type Fixture,
} from '../_predictor.js';

let fixture: Fixture;
let direct: DirectAnswers;
let service: PredictorService;
let client: ReturnType<typeof createClient<'Predictor'>>;
const cards: ModelCard[] = [];
const images: Buffer[] = [];

before(async () => {
  [fixture, direct] = await Promise.all([createFixture(), DirectAnswers.start()]);
  for (let seed = 1; seed <= 4; seed++) {
    cards.push(await publishModel(fixture.registry, seed));
    images.push(await randomImage(seed));
  }
  await fixture.registry.promote('champion', cards[0]!.version, 'first');
  service = await fixture.start();
  await untilServing(service, cards[0]!.version);
  client = createClient('Predictor', service.address);
});
after(async () => {
  client.close();
  await fixture.close();
  await direct[Symbol.asyncDispose]();
});

/** Asks without a break until stopped; checks every answer against the version it says it is of. */
function load(concurrency: number) {
  let going = true;
  const versions: string[] = [];
  const ask = async (): Promise<void> => {
    let last = -1;
    while (going) {
      const index = versions.length % images.length;
      const image = images[index]!;
      const { probabilities, modelVersion, modelHash } = await client.predict({ image });
      const card = cards.find(({ version }) => version === modelVersion)!;
      assert.equal(modelHash, card.weightsHash);
      assertClose(
        probabilities.map(({ probability }) => probability),
        await direct.of(card.step, image),
      );
      const position = cards.indexOf(card);
      assert.ok(position >= last, `a caller was answered by ${modelVersion} after a newer version`);
      last = position;
      versions.push(modelVersion);
    }
  };
  const running = Promise.all(Array.from({ length: concurrency }, ask));
  running.catch(() => undefined);
  return {
    versions,
    stop: async () => {
      going = false;
      await running;
      return versions;
    },
  };
}

test('swaps under load: no failed request, every answer of one version, never back, old processes end', async () => {
  for (const card of cards) for (const image of images) await direct.of(card.step, image);
  const clients = load(8);
  const pids = [service.serving!.enginePid!];
  for (const card of [cards[1]!, cards[3]!]) {
    await until(() => clients.versions.length >= 20, 'some answers');
    await fixture.registry.promote('champion', card.version, 'next');
    await untilServing(service, card.version);
    pids.push(service.serving!.enginePid!);
    const before = clients.versions.length;
    // What is asked from here on is answered by the new version: 16 more answers hold at most the 8 that were under
    // way.
    await until(() => clients.versions.length >= before + 16, 'more answers');
    assert.equal(clients.versions.at(-1), card.version);
  }
  const versions = await clients.stop();
  assert.deepEqual(
    [...new Set(versions)],
    [cards[0]!, cards[1]!, cards[3]!].map(({ version }) => version),
  );
  await until(() => pids.slice(0, -1).every((pid) => !isRunning(pid)), 'the old engines have ended');
  // What was less urgent while it was loaded is so no longer.
  const threads = process.platform === 'linux' ? readdirSync(`/proc/${pids.at(-1)}/task`).map(Number) : [];
  assert.ok(threads.every((thread) => os.getPriority(thread) === os.getPriority()));
  assert.ok(isRunning(pids.at(-1)!));
});

test('rollback: the version before serves again', async () => {
  const record = await fixture.registry.rollback('champion', 'worse in practice');
  assert.equal(record.version, cards[1]!.version);
  await untilServing(service, cards[1]!.version);
  assert.equal((await client.predict({ image: images[0]! })).modelVersion, cards[1]!.version);
});

test('many moves in quick succession: the newest serves in the end, those between are left out', async () => {
  const swaps = await swapsDuring(async () => {
    for (const index of [0, 1, 0, 1, 0, 3]) await fixture.registry.promote('champion', cards[index]!.version, 'again');
    await untilServing(service, cards[3]!.version);
  });
  assert.ok(swaps.length <= 3, `${swaps.length} swaps for 6 moves`);
});

test('a version that the alias moved back from while it was loaded never serves, whatever comes after', async () => {
  const swaps = await swapsDuring(async () => {
    const fifth = await publishModel(fixture.registry, 5);
    await fixture.registry.promote('champion', fifth.version, 'next');
    await sleep(100);
    await fixture.registry.rollback('champion', 'a mistake');
    await fixture.registry.promote('champion', cards[2]!.version, 'rather this one');
    await untilServing(service, cards[2]!.version);
  });
  assert.deepEqual(swaps, [cards[2]!.version]);
});

test('a version with broken weights never serves: the old one stays and an event says why', async () => {
  const truncated = await publishModel(fixture.registry, 20, {}, Buffer.from('no weights at all'));
  await fixture.registry.promote('champion', truncated.version, 'by mistake');
  await untilRejected(truncated.version, /MODEL_INVALID/);
  assert.equal(service.serving!.card.version, cards[2]!.version);

  const nan = await publishModel(fixture.registry, 21, {}, nanWeights());
  await fixture.registry.promote('champion', nan.version, 'by mistake');
  await untilRejected(nan.version, /no probabilities/);

  const skewed = await publishModel(fixture.registry, 22, { transformHash: '0'.repeat(64) });
  await fixture.registry.promote('champion', skewed.version, 'by mistake');
  await untilRejected(skewed.version, /not the one its hash names/);

  assert.equal((await client.predict({ image: images[0]! })).modelVersion, cards[2]!.version);
  assert.equal(await checkHealth(service.address, 'sulcus.v1.Predictor'), 'SERVING');
});

test('a version whose stored weights are gone or damaged never serves', async () => {
  const gone = await publishModel(fixture.registry, 23);
  await fixture.bus.deleteOwnedBlobs('model.test.23');
  await fixture.registry.promote('champion', gone.version, 'by mistake');
  await untilRejected(gone.version, /NOT_FOUND|MODEL_INVALID/);

  const damaged = await publishModel(fixture.registry, 24);
  await damageBlob(subjects.blobChunk(damaged.weightsHash, 0, 'model.test.24'));
  await fixture.registry.promote('champion', damaged.version, 'by mistake');
  await untilRejected(damaged.version, /another hash/);

  assert.equal((await client.predict({ image: images[0]! })).modelVersion, cards[2]!.version);
});

test('an engine that dies is replaced: requests under way and new ones are answered', async () => {
  const clients = load(4);
  await until(() => clients.versions.length >= 10, 'some answers');
  const pid = service.serving!.enginePid!;
  process.kill(pid, 'SIGKILL');
  await until(() => service.serving !== undefined && service.serving.enginePid !== pid, 'a new engine');
  const before = clients.versions.length;
  await until(() => clients.versions.length >= before + 10, 'more answers');
  await clients.stop();
  assert.equal(service.serving!.card.version, cards[2]!.version);
});

test('a predictor that starts with a broken champion serves the version before it', async () => {
  await fixture.registry.promote('champion', cards[2]!.version, 'a good one again');
  const broken = await publishModel(fixture.registry, 25, {}, Buffer.from('broken'));
  await fixture.registry.promote('champion', broken.version, 'by mistake');
  const late = await fixture.start();
  await untilServing(late, cards[2]!.version);
  await late.stop();
});

function nanWeights(): Buffer {
  return encodeSafetensors(
    new Map(
      [...randomWeights(1)].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.map(() => Number.NaN) }]),
    ),
  );
}

/** Replaces a stored chunk by other bytes, as a failing disk would. */
async function damageBlob(subject: string): Promise<void> {
  const nats = await connect({ servers: fixture.nats.url });
  await (await jetstreamManager(nats)).streams.purge('BLOBS', { filter: subject });
  await jetstream(nats).publish(subject, Buffer.alloc(1000, 7));
  await nats.close();
}

/** Versions that came into service meanwhile. */
async function swapsDuring(work: () => Promise<void>): Promise<string[]> {
  const versions = async () => (await predictorEvents(fixture.bus)).flatMap(({ swap }) => (swap ? [swap.version] : []));
  const before = (await versions()).length;
  await work();
  return (await versions()).slice(before);
}

async function untilRejected(version: string, why: RegExp): Promise<void> {
  await until(
    async () =>
      (await predictorEvents(fixture.bus)).some(
        ({ state }) => state?.message.includes(version) && why.test(state.message),
      ),
    `${version} rejected: ${why}`,
  );
}
