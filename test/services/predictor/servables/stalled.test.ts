import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ERROR_CODES, GrpcStatus, SulcusError } from '#libs/errors';
import { createClient } from '#libs/rpc';
import { createFixture, publishModel, randomImage, untilServing } from '../_predictor.js';

test('what an engine that stands still holds at a swap is answered by the new version, or UNAVAILABLE', {
  timeout: 100_000,
}, async (t) => {
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
  const waiting = Array.from({ length: 6 }, () =>
    client.predict({ image }).catch((error: unknown) => SulcusError.from(error)),
  );
  await sleep(200);
  await fixture.registry.promote('champion', second.version, 'second');
  await untilServing(service, second.version);
  assert.equal((await client.predict({ image })).modelVersion, second.version);

  for (const outcome of await Promise.all(waiting)) {
    if (outcome instanceof SulcusError)
      assert.equal(ERROR_CODES[outcome.code].grpcStatus, GrpcStatus.UNAVAILABLE, outcome.message);
    else assert.equal(outcome.modelVersion, second.version);
  }
});
