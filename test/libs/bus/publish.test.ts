import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectBus, HeaderName, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { startNats, type TestNats } from '../../helpers/nats.js';

let nats: TestNats;
let bus: Bus;
before(async () => {
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
});
after(async () => {
  await bus.drain();
  await nats.stop();
});

const scan = (sampleId: string, image = Buffer.from('pixels')) => ({
  sampleId,
  site: 'local',
  image: { inline: image },
});

test('a published message is read back with its schema, hash and own headers', async () => {
  const { sequence, duplicate } = await bus.publish(subjects.scan('local', 'a1'), codecs.Scan, scan('a1'), {
    headers: { [HeaderName.SAMPLE_ID]: 'a1' },
  });
  assert.equal(duplicate, false);
  const received = await bus.get('SCANS', sequence, codecs.Scan);
  assert.equal(received?.message.sampleId, 'a1');
  assert.deepEqual(received?.message.image?.inline, Buffer.from('pixels'));
  assert.equal(received?.headers.get(HeaderName.SCHEMA), 'sulcus.v1.Scan');
  assert.equal(received?.headers.get(HeaderName.SAMPLE_ID), 'a1');
  assert.match(received?.headers.get(HeaderName.CONTENT_HASH) ?? '', /^[0-9a-f]{64}$/);
  assert.equal(received?.headers.get('Absent'), undefined);
});

test('the first message of a subject is the only one: a second says which is there', async () => {
  const first = await bus.publish(subjects.scan('local', 'b1'), codecs.Scan, scan('b1'), { firstOnSubject: true });
  const second = await bus.publish(subjects.scan('local', 'b1'), codecs.Scan, scan('b1', Buffer.from('other')), {
    firstOnSubject: true,
  });
  assert.deepEqual(second, { sequence: first.sequence, duplicate: true });
  assert.deepEqual(
    (await bus.getLast('SCANS', subjects.scan('local', 'b1'), codecs.Scan))?.message.image?.inline,
    Buffer.from('pixels'),
  );
});

test('of many simultaneous first messages exactly one is stored', async () => {
  const results = await Promise.all(
    Array.from({ length: 32 }, () =>
      bus.publish(subjects.scan('local', 'c1'), codecs.Scan, scan('c1'), { firstOnSubject: true }),
    ),
  );
  assert.equal(results.filter(({ duplicate }) => !duplicate).length, 1);
  assert.equal(new Set(results.map(({ sequence }) => sequence)).size, 1);
});

test('a message id is stored once', async () => {
  const publish = () =>
    bus.publish(
      subjects.label('local'),
      codecs.LabelEvent,
      { sampleId: 'a1', label: 'glioma' },
      { messageId: 'label-1' },
    );
  const first = await publish();
  assert.deepEqual(await publish(), { sequence: first.sequence, duplicate: true });
});

test('what is not there reads as undefined', async () => {
  assert.equal(await bus.get('SCANS', 999_999, codecs.Scan), undefined);
  assert.equal(await bus.getLast('SCANS', subjects.scan('local', 'nobody'), codecs.Scan), undefined);
});

test('a message of another schema is refused when it is read', async () => {
  const { sequence } = await bus.publish(subjects.scan('local', 'd1'), codecs.LabelEvent, {
    sampleId: 'd1',
    label: 'x',
  });
  await assert.rejects(bus.get('SCANS', sequence, codecs.Scan), {
    code: 'MESSAGE_INVALID',
    message: /sulcus\.v1\.LabelEvent/,
  });
});

test('a message larger than the broker takes is refused with a clear error', async () => {
  await assert.rejects(bus.publish(subjects.scan('local', 'e1'), codecs.Scan, scan('e1', Buffer.alloc(9e6))), {
    code: 'INVALID_ARGUMENT',
  });
});

test('names that cannot stand in a subject are refused', () => {
  for (const bad of ['', 'a.b', '*', '>', 'a b', 'ä', 'x'.repeat(129)])
    assert.throws(() => subjects.label(bad), { code: 'INVALID_ARGUMENT' });
});

test('a cancelled publish says so', async () => {
  await assert.rejects(bus.publish(subjects.label('local'), codecs.LabelEvent, {}, { signal: AbortSignal.abort() }), {
    code: 'CANCELLED',
  });
});
