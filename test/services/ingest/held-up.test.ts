import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWatchdog } from '#libs/async';
import { createHealthClient } from '#libs/rpc';
import { until } from '../../helpers/until.js';
import { startHarness, startService } from './_ingest.js';
import { noiseImage } from '../../helpers/images.js';

test('health is NOT_SERVING, with the reason in the log, while an upload waits for the broker', async (t) => {
  const harness = await startHarness(t);
  const { service, client } = await startService(t, harness);
  const health = createHealthClient(service.address);
  t.after(() => health.close());
  assert.equal(await health.check('sulcus.v1.Ingest'), 'SERVING');
  t.after(startWatchdog(300));
  await harness.nats.kill();
  const upload = client.uploadImages([{ image: await noiseImage(1) }]);
  await until(async () => (await health.check('sulcus.v1.Ingest')) === 'NOT_SERVING', 'NOT_SERVING');
  assert.equal(await health.check(''), 'NOT_SERVING');
  const told = harness.logged.find(({ msg }) => msg.startsWith('NOT_SERVING to health checks'));
  assert.match(told?.msg ?? '', /no progress for \d+ s: waiting for the broker \(/);
  await harness.nats.restart();
  assert.equal((await upload).ingested, 1);
  await until(async () => (await health.check('sulcus.v1.Ingest')) === 'SERVING', 'SERVING');
});
