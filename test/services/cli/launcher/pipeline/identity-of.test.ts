import { jetstreamManager } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { checkStateId, connectBus, publishEvent, readStateId, storedStateId } from '#libs/bus';
import { endOfStreams } from '../../../../../services/cli/launcher/pipeline/end-of-streams.js';
import { identityOf } from '../../../../../services/cli/launcher/pipeline/identity-of.js';
import { isCode } from '../../../../helpers/errors.js';
import { startNats } from '../../../../helpers/nats.js';

/** A broker whose disk has taken the bucket with its state's identity, when a launcher has made what is missing. */
async function startForgetful(t: TestContext, { holdsData }: { holdsData: boolean }) {
  const nats = await startNats(t);
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  t.after(() => bus.drain());
  await bus.ensureTopology();
  const id = await readStateId(bus);
  if (holdsData) await publishEvent(bus, 'ingest', 'test', { state: { state: 'ready', message: '' } });
  const raw = await connectNats({ servers: nats.url });
  await (await jetstreamManager(raw)).streams.delete('KV_state');
  await raw.close();
  await bus.ensureTopology();
  return { bus, id, streamEnds: await endOfStreams(bus) };
}

test('the identity that a broker of its own has lost comes back from the state folder', async (t) => {
  const { bus, id, streamEnds } = await startForgetful(t, { holdsData: true });
  assert.equal(await identityOf(bus, { stateId: id }, { isOwn: true, streamEnds }), id);
  await checkStateId(bus, id);
});

test('of a broker that others run nobody says so by himself, and nobody draws it another', async (t) => {
  const { bus, id, streamEnds } = await startForgetful(t, { holdsData: true });
  const refused = isCode('STATE_MISMATCH', new RegExp(`sulcus broker streams --state-id ${id}`));
  await assert.rejects(identityOf(bus, { stateId: id }, { isOwn: false, streamEnds }), refused);
  await assert.rejects(checkStateId(bus, id), refused);
  assert.equal(await storedStateId(bus), undefined);
});

test('a broker that holds nothing is a new one, whatever its folder remembers', async (t) => {
  const { bus, id, streamEnds } = await startForgetful(t, { holdsData: false });
  assert.notEqual(await identityOf(bus, { stateId: id }, { isOwn: true, streamEnds }), id);
});
