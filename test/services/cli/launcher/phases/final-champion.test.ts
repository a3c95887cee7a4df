import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectBus, type Bus } from '#libs/bus';
import { Registry } from '#libs/registry';
import { settleFinalChampion } from '../../../../../services/cli/launcher/phases/final-champion.js';
import { cardDraft, randomContent } from '../../../../helpers/cards.js';
import { startNats, type TestNats } from '../../../../helpers/nats.js';

let nats: TestNats;
let bus: Bus;
let registry: Registry;
before(async () => {
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  registry = new Registry(bus);
});
after(async () => {
  await bus.drain();
  await nats.stop();
});

/** What the gate said of a version, beside another. */
const judged = (accuracy: number, beside: string, difference: number, pValue = 0.2) => ({
  split: 'gate' as const,
  samples: 120,
  classCounts: { glioma: 60, notumor: 60 },
  sampleSetHash: 'd'.repeat(64),
  looks: 1,
  loss: 0.4,
  accuracy,
  calibrationError: 0.05,
  reason: `${difference} points`,
  comparison: { version: beside, difference, interval: [-1, 1] as [number, number], pValue },
});

const publish = (run: string, step: number, loss: number, gate?: ReturnType<typeof judged>, keepsWeights = true) =>
  registry.publish(
    cardDraft({ run, step, metrics: { validation: { loss, accuracy: 0.9, samples: 20 }, ...(gate && { gate }) } }),
    randomContent(100),
    { keepsWeights },
  );

/** A version whose validation was of the images that the hash names. */
const publishOn = (run: string, step: number, loss: number, sampleSetHash: string) =>
  registry.publish(
    cardDraft({ run, step, metrics: { validation: { loss, accuracy: 0.9, samples: 20, sampleSetHash } } }),
    randomContent(100),
  );

const champion = async (): Promise<string> => (await registry.alias('champion'))!.version;

test('of a finished run that the gate could not judge, the lowest validation loss is champion', async () => {
  const first = await publish('small', 1, 0.9);
  const best = await publish('small', 2, 0.3);
  await publish('small', 3, 0.5);
  await publish('small', 4, 0.1, undefined, false);
  await publish('other', 1, 0.05);
  await registry.promote('champion', first.version, 'there is no champion yet');
  assert.equal(await settleFinalChampion(bus, 'other'), undefined, 'the champion is of another run');
  const settled = await settleFinalChampion(bus, 'small');
  assert.equal(settled!.version, best.version);
  assert.match(settled!.reason, /0\.3000 against 0\.9000 of small-000001/);
  assert.equal(await champion(), best.version);
  assert.equal(await settleFinalChampion(bus, 'small'), undefined, 'once');
});

test('where the gate decided, a lower loss counts only with more right answers than the champion has', async () => {
  const first = await publish('judged', 1, 0.9);
  const promoted = await publish('judged', 2, 0.8, judged(0.85, first.version, 0.2));
  await publish('judged', 3, 0.3, judged(0.84, promoted.version, -0.01));
  await publish('judged', 4, 0.2, judged(0.86, first.version, 0.21));
  await publish('judged', 5, 0.1, judged(0.95, promoted.version, 0.1, 0.001));
  await registry.promote('champion', promoted.version, 'better');
  assert.equal(await settleFinalChampion(bus, 'judged'), undefined);
  const better = await publish('judged', 6, 0.4, judged(0.86, promoted.version, 0.01));
  assert.equal((await settleFinalChampion(bus, 'judged'))!.version, better.version);
  assert.equal(await champion(), better.version);
});

test('of a stream, whose versions were measured on ever more images, losses on others decide nothing', async () => {
  const first = await publishOn('stream', 1, 0.4, 'a'.repeat(64));
  await publishOn('stream', 2, 0.1, 'b'.repeat(64));
  const [end, last] = [
    await publishOn('stream', 3, 0.5, 'c'.repeat(64)),
    await publishOn('stream', 4, 0.6, 'c'.repeat(64)),
  ];
  await registry.promote('champion', first.version, 'there is no champion yet');
  const settled = await settleFinalChampion(bus, 'stream');
  assert.equal(settled!.version, end.version);
  assert.match(settled!.reason, /0\.5000, where stream-000001 was measured on other images/);
  await registry.promote('champion', last.version, 'by hand');
  assert.equal((await settleFinalChampion(bus, 'stream'))!.version, end.version);
});
