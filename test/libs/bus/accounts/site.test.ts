import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { headers } from '@nats-io/nats-core';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connectBus, followScans, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { connectAs, startNatsWithAccounts, type NatsWithAccounts } from '../../../helpers/accounts.js';
import { until } from '../../../helpers/until.js';

const stop = new AbortController();
let nats: NatsWithAccounts;
let operator: Bus;
let archiver: Bus;
let [north, south]: Bus[] = [];
const erased: [site: string, sequence: number][] = [];

before(async () => {
  nats = await startNatsWithAccounts(undefined, ['north', 'south']);
  const open = (name: string): Promise<Bus> => connectBus({ servers: nats.url, name, user: nats.user(name) });
  operator = await open('operator');
  await operator.ensureTopology();
  archiver = await open('archiver');
  [north, south] = await Promise.all([open('site-north'), open('site-south')]);
  const erase = async (site: string, sequence: number): Promise<void> => void erased.push([site, sequence]);
  void archiver.answerSites({ erase, signal: stop.signal });
});
after(async () => {
  stop.abort();
  for (const bus of [north, south, archiver, operator]) await bus?.drain();
  await nats.stop();
});

const hash = (digit: string): string => digit.repeat(64);
const scan = (site: string, sampleId: string) => ({ sampleId, site, image: { inline: Buffer.from('pixels') } });
const send = (bus: Bus, site: string, sampleId: string) =>
  bus.publish(subjects.scan(site, sampleId), codecs.Scan, scan(site, sampleId), {
    firstOnSubject: true,
    headers: { 'Sulcus-Sample-Id': sampleId },
    retryTimeoutMs: 0,
  });

async function scansSeenBy(bus: Bus): Promise<string[]> {
  const seen: string[] = [];
  const signal = AbortSignal.timeout(10_000);
  for await (const { sampleId } of followScans(bus, { storedOnly: true, signal })) seen.push(sampleId);
  return seen;
}

test('a site stores its own scans, labels and large images, and sees its own alone', async () => {
  await send(north!, 'north', hash('a'));
  await send(south!, 'south', hash('b'));
  assert.equal((await send(north!, 'north', hash('a'))).duplicate, true);
  await north!.publish(subjects.label('north'), codecs.LabelEvent, { sampleId: hash('a'), label: 'glioma' });
  const own = await north!.getLast('SCANS', subjects.scan('north', hash('a')), codecs.Scan);
  assert.equal(own?.message.sampleId, hash('a'));
  assert.deepEqual(await scansSeenBy(north!), [hash('a')]);
  assert.deepEqual(await scansSeenBy(south!), [hash('b')]);
  assert.deepEqual((await scansSeenBy(operator)).sort(), [hash('a'), hash('b')]);
  const large = Buffer.alloc(1_500_000, 7);
  const ref = await north!.putBlob(large);
  assert.deepEqual(await operator.getBlob(ref), large);
  assert.deepEqual(await north!.putBlob(large), ref, 'sending it again changes nothing');
});

test('what is not its own is refused at once, with the subject that it is about', async () => {
  const denied = (subject: RegExp) => ({ code: 'PERMISSION_DENIED', message: subject });
  const startedMs = performance.now();
  await assert.rejects(send(north!, 'south', hash('c')), denied(/"scan\.v1\.south\.c+"/));
  await assert.rejects(
    north!.publish(subjects.label('south'), codecs.LabelEvent, { sampleId: hash('b'), label: 'none' }),
    denied(/"label\.v1\.south"/),
  );
  await assert.rejects(
    north!.getLast('SCANS', subjects.scan('south', hash('b')), codecs.Scan),
    denied(/"\$JS\.API\.DIRECT\.GET\.SCANS\.scan\.v1\.south\.b+"/),
  );
  await assert.rejects(north!.deleteSubject('SCANS', 'scan.v1.>'), denied(/"\$JS\.API\.STREAM\.PURGE\.SCANS"/));
  await assert.rejects(north!.statsOf('SCANS'), denied(/"\$JS\.API\.STREAM\.INFO\.SCANS"/));
  await assert.rejects(
    (await north!.keyValue('models')).put('alias.champion', Buffer.from('{}')),
    denied(/\$KV\.models/),
  );
  const others = { subject: 'scan.v1.south.*', stream: 'SCANS', storedOnly: true, signal: stop.signal } as const;
  await assert.rejects(north!.follow(others).next(), { code: 'PERMISSION_DENIED', message: /its own scans alone/ });
  const pulled = north!.pull({
    stream: 'BATCHES',
    durable: 'x',
    codec: codecs.TensorBatch,
    maxInFlight: 1,
    signal: stop.signal,
  });
  await assert.rejects(pulled.next(), denied(/BATCHES/));
  assert.ok(performance.now() - startedMs < 2000, 'nobody waits for a timeout');
});

test('a site deletes nothing itself: it may ask for the end of a scan of its own', async () => {
  await north!.deleteMessage('SCANS', 7);
  assert.deepEqual(erased, [['north', 7]]);
});

test('the broker sends nothing that a site has written to where the site may not write', async () => {
  const evil = await connectAs(nats, 'site-north');
  const core = await connectAs(nats, 'operator');
  try {
    const manager = await jetstreamManager(core);
    const stored = async (stream: string): Promise<number> => (await manager.streams.info(stream)).state.messages;
    const counts = (): Promise<number[]> => Promise.all(['LABELS', 'MODELS', 'KV_models'].map(stored));
    await operator.publish('model.v1.published', codecs.ModelEvent, { version: 'main-000001' });
    await manager.consumers.add('MODELS', { durable_name: 'victim', ack_policy: 'explicit' });
    const delivered = (await (await jetstream(core).consumers.get('MODELS', 'victim')).next())!;
    const before = await counts();

    const sites = jetstream(evil);
    await sites.publish('scan.v1.north.forged', '+ACK');
    const reader = await evil.request(
      'site.v1',
      JSON.stringify({ reader: { stream: 'SCANS', subjects: [], startSequence: 1 } }),
    );
    const { name } = reader.json<{ name: string }>();
    const targets = ['label.v1.south', '$JS.API.STREAM.PURGE.MODELS', '$KV.models.alias.champion', '_INBOX_trainer.x'];
    for (const reply of [...targets, delivered.info.stream === '' ? '' : `$JS.ACK.MODELS.victim.1.1.1.1.0`]) {
      evil.publish('$JS.API.DIRECT.GET.SCANS.scan.v1.north.forged', '', { reply });
      evil.publish(`$JS.API.CONSUMER.MSG.NEXT.SCANS.${name}`, '{"batch":1}', { reply });
      evil.publish('scan.v1.north.forged', 'again', { reply });
      evil.publish('site.v1', '{}', { reply });
      const traced = headers();
      traced.set('Nats-Trace-Dest', reply);
      traced.set('Nats-Rollup', 'all');
      evil.publish('scan.v1.north.traced', 'traced', { reply, headers: traced });
    }
    await evil.flush();
    // What is asked for behind all that is answered behind it.
    await until(async () => (await evil.request('$JS.API.INFO', '')).data.length > 0, 'an answer');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual(await counts(), before);
    assert.equal((await manager.consumers.info('MODELS', 'victim')).num_ack_pending, 1, 'nothing was acknowledged');
    assert.ok((await stored('SCANS')) >= 3, 'nothing was rolled up');
  } finally {
    await evil.close();
    await core.close();
  }
});

test("no header of a site's message deletes what others wrote, and none takes the place of a blob", async () => {
  const evil = await connectAs(nats, 'site-north');
  try {
    const studies = await operator.keyValue('studies');
    await studies.put('complete.south.one', Buffer.from('south'));
    const large = Buffer.alloc(1_500_000, 9);
    const ref = await south!.putBlob(large);
    for (const rollup of ['all', 'sub'])
      for (const subject of [
        '$KV.studies.complete.north.two',
        'label.v1.north',
        'blob.v1.north.0',
        'event.v1.ingest',
      ]) {
        const sent = headers();
        sent.set('Nats-Rollup', rollup);
        const answer = (await evil.request(subject, 'evil', { headers: sent, timeout: 5000 })).json<{
          error?: { code: number };
        }>();
        assert.ok(answer.error, `${subject}: ${rollup} is refused`);
      }
    assert.equal((await studies.get('complete.south.one'))?.value.toString(), 'south');
    await evil.request('$KV.studies.complete.north.two', 'its own', { timeout: 5000 });
    assert.equal((await studies.get('complete.north.two'))?.value.toString(), 'its own');

    const stored = await evil.request(subjects.blobChunk(ref.sha256, 0), 'another content', { timeout: 5000 });
    assert.equal(stored.json<{ error?: object }>().error, undefined, 'it may be sent');
    assert.deepEqual(await operator.getBlob(ref), large, 'and is not what is read');
  } finally {
    await evil.close();
  }
});
