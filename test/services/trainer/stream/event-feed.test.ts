import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventFeed } from '../../../../services/trainer/stream/event-feed.js';

describe('the feed of scans and labels', () => {
  it('is not quiet as long as the broker may hold more: a slow start makes no incomplete step', async () => {
    const feed = new EventFeed();
    await sleep(50);
    assert.equal(feed.idleMs, 0);
  });
});
