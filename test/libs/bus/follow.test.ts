import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectBus, HeaderName, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { startNats, type TestNats } from '../../helpers/nats.js';
import { idOf, publishLabels, range } from './_fixtures.js';

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

const signal = () => AbortSignal.timeout(10_000);

test('a follower sees what is stored and then what comes, in order, told how much is still to come', async () => {
  await publishLabels(bus, 'live', 0, 5);
  const seen: number[] = [];
  const pending: number[] = [];
  for await (const followed of bus.follow({
    stream: 'LABELS',
    subject: subjects.label('live'),
    codec: codecs.LabelEvent,
    signal: signal(),
  })) {
    seen.push(idOf(followed.message));
    pending.push(followed.pending);
    if (seen.length === 5) await publishLabels(bus, 'live', 5, 8);
    if (seen.length === 8) break;
  }
  assert.deepEqual(seen, range(0, 8));
  assert.deepEqual(pending.slice(0, 5), [4, 3, 2, 1, 0]);
});

test('a follower starts at the sequence it asks for', async () => {
  await publishLabels(bus, 'start', 0, 5);
  const third = (await bus.getLast('LABELS', subjects.label('start'), codecs.LabelEvent))!.sequence - 2;
  const seen: number[] = [];
  for await (const { message } of bus.follow({
    stream: 'LABELS',
    subject: subjects.label('start'),
    codec: codecs.LabelEvent,
    startSequence: third,
    signal: signal(),
  })) {
    if (seen.push(idOf(message)) === 3) break;
  }
  assert.deepEqual(seen, [2, 3, 4]);
});

test('a reader of what is stored ends by itself, also with nothing to read, and may start at a time', async () => {
  const read = async (subject: string, startUnixMs?: number): Promise<number[]> => {
    const seen: number[] = [];
    for await (const { message } of bus.follow({
      stream: 'LABELS',
      subject,
      startUnixMs,
      storedOnly: true,
      codec: codecs.LabelEvent,
      signal: signal(),
    }))
      seen.push(idOf(message));
    return seen;
  };
  await publishLabels(bus, 'stored', 0, 3);
  const { timeUnixMs } = (await bus.getLast('LABELS', subjects.label('stored'), codecs.LabelEvent))!;
  await sleep(20);
  await publishLabels(bus, 'stored', 3, 5);
  assert.deepEqual(await read(subjects.label('stored')), range(0, 5));
  assert.deepEqual(await read(subjects.label('stored'), timeUnixMs + 10), [3, 4]);
  assert.deepEqual(await read(subjects.label('nobody')), []);
});

test('headers only: scans are followed without their pixels, more of them than one window holds', async () => {
  const count = 300;
  await Promise.all(
    range(0, count).map((index) =>
      bus.publish(
        subjects.scan('local', `s${index}`),
        codecs.Scan,
        { sampleId: `s${index}`, image: { inline: Buffer.alloc(1000) } },
        { headers: { [HeaderName.SAMPLE_ID]: `s${index}` } },
      ),
    ),
  );
  const ids = new Set<string>();
  let last = 0;
  for await (const followed of bus.follow({
    stream: 'SCANS',
    headersOnly: true,
    codec: codecs.Scan,
    signal: signal(),
  })) {
    assert.equal(followed.message, undefined);
    assert.equal(followed.sequence, ++last);
    ids.add(followed.headers.get(HeaderName.SAMPLE_ID) ?? '');
    if (followed.pending === 0) break;
  }
  assert.equal(ids.size, count);
});

test('an invalid message does not stop a follower: it is told why', async () => {
  await bus.publish(subjects.label('odd'), codecs.ModelEvent, { version: 'v1' });
  await publishLabels(bus, 'odd', 0, 1);
  const seen: (string | undefined)[] = [];
  for await (const { error, message } of bus.follow({
    stream: 'LABELS',
    subject: subjects.label('odd'),
    codec: codecs.LabelEvent,
    signal: signal(),
  })) {
    seen.push(error?.code ?? message?.label);
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen, ['MESSAGE_INVALID', 'label 0']);
});

test('an aborted follower ends', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  for await (const _ of bus.follow({ stream: 'LABELS', subject: subjects.label('nobody'), signal: stop.signal }));
});
