import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { HeaderName, subjects } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { startNats } from '../../helpers/nats.js';
import { RawNats } from '../../helpers/raw-nats.js';
import { until } from '../../helpers/until.js';
import { connect } from './_fixtures.js';

const label = (sampleId: string): Buffer => codecs.LabelEvent.encode({ sampleId, label: 'glioma' });

/** Headers of a label as they travel, with what else is given: the broker stores them as they come. */
function block(body: Buffer, { first = 'NATS/1.0', line = '' } = {}): Buffer {
  const hash = createHash('sha256').update(body).digest('hex');
  const lines = [first, line, `${HeaderName.SCHEMA}: sulcus.v1.LabelEvent`, `${HeaderName.CONTENT_HASH}: ${hash}`];
  return Buffer.from(`${lines.filter((each) => each !== '').join('\r\n')}\r\n\r\n`);
}

for (const [what, odd] of Object.entries({
  'a name with a blank': { line: 'no name: x' },
  'a name that is no ASCII': { line: 'näme: x' },
  'a line end within a value': { line: 'Name: a\nb' },
  'no name': { line: ': x' },
  'a status of its own': { first: 'NATS/1.0 503 No Responders' },
  'a status that ends a pull': { first: 'NATS/1.0 404 No Messages' },
}))
  test(`a message whose headers have ${what} is read as far as it can be, and silences nobody`, async (t) => {
    const nats = await startNats(t);
    const bus = await connect(t, nats.url);
    await bus.ensureTopology();
    using raw = new RawNats(nats.url);
    const body = label('odd');
    await raw.publish(subjects.label('a'), block(body, odd), body);
    await bus.publish(subjects.label('a'), codecs.LabelEvent, { sampleId: 'next', label: 'glioma' });

    const seen: (string | undefined)[] = [];
    const signal = AbortSignal.timeout(20_000);
    for await (const { message } of bus.follow({
      stream: 'LABELS',
      codec: codecs.LabelEvent,
      signal,
      storedOnly: true,
    }))
      seen.push(message?.sampleId);
    assert.deepEqual(seen, ['odd', 'next']);

    const stop = new AbortController();
    const consumed: (string | undefined)[] = [];
    const consuming = bus.consume({
      stream: 'LABELS',
      durable: 'test',
      codec: codecs.LabelEvent,
      maxInFlight: 1,
      ackWaitMs: 10_000,
      signal: stop.signal,
      onMessage: async (delivery) => {
        consumed.push(delivery.message.sampleId);
        await delivery.ack();
      },
    });
    await until(() => consumed.length === 2, 'both are consumed');
    stop.abort();
    await consuming;
    assert.deepEqual(consumed, ['odd', 'next']);
    assert.equal((await bus.getLast('LABELS', subjects.label('a'), codecs.LabelEvent))!.message.sampleId, 'next');
  });
