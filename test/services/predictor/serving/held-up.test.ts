import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStall, startWatchdog } from '#libs/async';
import { createClient } from '#libs/rpc';
import { until } from '../../../helpers/until.js';
import { checkHealth } from '../protocols/_foreign-client.js';
import { createFixture, publishModel, randomImage, untilServing } from '../_predictor.js';

test('health is NOT_SERVING while an engine stands still, and SERVING while only the broker is away', async (t) => {
  const fixture = await createFixture();
  t.after(() => fixture.close());
  const card = await publishModel(fixture.registry, 1);
  await fixture.registry.promote('champion', card.version, 'first');
  const service = await fixture.start();
  await untilServing(service, card.version);
  const client = createClient('Predictor', service.address);
  t.after(() => client.close());
  const image = await randomImage(1);
  const health = () => checkHealth(service.address, 'sulcus.v1.Predictor');
  assert.equal(await health(), 'SERVING');

  const stalls: (string | undefined)[] = [];
  t.after(onStall((stall) => stalls.push(stall)));
  t.after(startWatchdog(300));
  const enginePid = service.serving!.enginePid!;
  process.kill(enginePid, 'SIGSTOP');
  const answer = client.predict({ image });
  await until(async () => (await health()) === 'NOT_SERVING', 'NOT_SERVING');
  assert.match(stalls[0] ?? '', new RegExp(`waiting for the engine of ${card.version} to answer`));
  process.kill(enginePid, 'SIGCONT');
  assert.equal((await answer).modelVersion, card.version);
  await until(async () => (await health()) === 'SERVING', 'SERVING');

  stalls.length = 0;
  await fixture.nats.kill();
  const asked = fixture.registry.list().catch(() => undefined);
  await until(() => stalls.some((stall) => stall?.includes('the broker')), 'the watchdog to say so');
  assert.equal(await health(), 'SERVING');
  assert.equal((await client.predict({ image })).modelVersion, card.version);
  await fixture.nats.restart();
  await asked;
});
