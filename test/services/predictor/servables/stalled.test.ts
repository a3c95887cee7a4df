import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ERROR_CODES, GrpcStatus, SulcusError } from '#libs/errors';
import { createClient } from '#libs/rpc';
import { createFixture, publishModel, randomImage, untilServing } from '../_predictor.js';

test('requests that wait for an engine which stands still are UNAVAILABLE after a swap, and new ones are answered', async (t) => {
  const fixture = await createFixture();
  t.after(() => fixture.close());
  const [first, second] = [await publishModel(fixture.registry, 1), await publishModel(fixture.registry, 2)];
  await fixture.registry.promote('champion', first.version, 'first');
  const service = await fixture.start();
  await untilServing(service, first.version);
  const client = createClient('Predictor', service.address);
  t.after(() => client.close());
  const image = await randomImage(1);
  assert.equal((await client.predict({ image })).modelVersion, first.version);

  process.kill(service.serving!.enginePid!, 'SIGSTOP');
  const waiting = Array.from({ length: 6 }, () => client.predict({ image }).then(undefined, SulcusError.from));
  await sleep(200);
  await fixture.registry.promote('champion', second.version, 'second');
  await untilServing(service, second.version);
  assert.equal((await client.predict({ image })).modelVersion, second.version);

  const startedMs = performance.now();
  for (const outcome of await Promise.all(waiting)) {
    assert.ok(outcome instanceof SulcusError, 'an engine that stands still answers nothing');
    assert.equal(ERROR_CODES[outcome.code].grpcStatus, GrpcStatus.UNAVAILABLE, outcome.message);
    assert.ok(outcome.retryable, 'another is started');
  }
  assert.ok(performance.now() - startedMs < 20_000, 'they are told soon');
});
