import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectBus } from '#libs/bus';
import { claimRun } from '../../../../services/trainer/state/run-claim.js';
import { isCode } from '../../../helpers/errors.js';
import { startNats } from '../../../helpers/nats.js';
import { until } from '../../../helpers/until.js';

test('a claim is written again while it is kept: its run counts as alive; never over another owner', async (t) => {
  const nats = await startNats(t);
  await using bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  const claims = await bus.keyValue('checkpoints');
  const stop = new AbortController();
  const first = await claimRun(bus, 'main', 'one', { signOfLifeMs: 20 });
  const kept = first.keep(stop.signal);
  const { revision } = (await claims.get('owner.main'))!;
  await until(async () => (await claims.get('owner.main'))!.revision > revision + 1, 'signs of life');
  await claimRun(bus, 'main', 'two');
  await assert.rejects(kept, isCode('CONFLICT', /Another trainer has taken over run "main": two/));
  stop.abort();
  assert.equal((await claims.get('owner.main'))!.value.toString(), 'two');
});
