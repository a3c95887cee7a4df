import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectBus, subjects } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { startNats } from '../../../helpers/nats.js';
import { labelsFrom } from '../../../../services/trainer/stream/stream-event.js';

const HOUR_MS = 3_600_000;

describe('labels as a stream trainer reads them', () => {
  it('were given when they say, but never after they were stored: a clock that is ahead fixes nothing', async (t) => {
    const nats = await startNats();
    t.after(() => nats.stop());
    await using bus = await connectBus({ servers: nats.url, name: 'test' });
    await bus.ensureTopology();
    const now = Date.now();
    for (const labelledUnixMs of [now - HOUR_MS, now + HOUR_MS])
      await bus.publish(subjects.label('site-a'), codecs.LabelEvent, { sampleId: 'a', label: 'left', labelledUnixMs });
    const given: number[] = [];
    for await (const { event } of labelsFrom(bus, 0, t.signal)) {
      given.push(event.labelledUnixMs - now);
      if (given.length < 2) continue;
      assert.equal(event.labelledUnixMs, event.timeUnixMs);
      break;
    }
    assert.equal(given[0], -HOUR_MS);
    assert.ok(given[1]! < HOUR_MS / 2);
  });
});
