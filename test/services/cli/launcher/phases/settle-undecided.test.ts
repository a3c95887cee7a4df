import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectBus, type Bus } from '#libs/bus';
import { Registry } from '#libs/registry';
import { settleUndecided } from '../../../../../services/cli/launcher/phases/settle-undecided.js';
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

const gate = {
  split: 'gate' as const,
  samples: 120,
  classCounts: { glioma: 60, notumor: 60 },
  sampleSetHash: 'd'.repeat(64),
  looks: 1,
  loss: 0.4,
  accuracy: 0.85,
  calibrationError: 0.05,
  reason: 'better',
  comparison: { version: 'x-000001', difference: 0.1, interval: [0.05, 0.15] as [number, number], pValue: 0.001 },
};

const publish = (run: string, step: number, loss: number, options = {}, judged = false) =>
  registry.publish(
    cardDraft({ run, step, metrics: { validation: { loss, accuracy: 0.9, samples: 20 }, ...(judged && { gate }) } }),
    randomContent(100),
    options,
  );

test('of a finished run that the gate could not judge, the lowest validation loss is champion', async () => {
  const first = await publish('small', 1, 0.9);
  const best = await publish('small', 2, 0.3);
  await publish('small', 3, 0.5);
  await publish('small', 4, 0.1, { keepsWeights: false });
  await publish('other', 1, 0.05);
  await registry.promote('champion', first.version, 'there is no champion yet');
  assert.equal(await settleUndecided(bus, 'other'), undefined, 'the champion is of another run');
  const settled = await settleUndecided(bus, 'small');
  assert.equal(settled!.version, best.version);
  assert.match(settled!.reason, /0\.3000 against 0\.9000 of small-000001/);
  assert.equal((await registry.alias('champion'))!.version, best.version);
  assert.equal(await settleUndecided(bus, 'small'), undefined, 'once');
});

test('where the gate decided, a lower loss changes nothing', async () => {
  const judged = await publish('judged', 1, 0.9, {}, true);
  await publish('judged', 2, 0.3);
  await registry.promote('champion', judged.version, 'better');
  assert.equal(await settleUndecided(bus, 'judged'), undefined);
  assert.equal((await registry.alias('champion'))!.version, judged.version);
});
