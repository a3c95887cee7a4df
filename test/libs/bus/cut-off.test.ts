import { jetstreamManager } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { longestWait } from '#libs/async';
import { connectBus, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { isCode } from '../../helpers/errors.js';
import { startLink } from '../../helpers/link.js';
import { startNats, type TestNats } from '../../helpers/nats.js';
import { until } from '../../helpers/until.js';
import { connect, idOf, publishLabels, range } from './_fixtures.js';

/**
 * A broker that loses what it was given since, in one stream, as where a damaged disk cut its end off; consumers and
 * the other streams keep what they know.
 */
async function remember(nats: TestNats, stream: string): Promise<() => Promise<void>> {
  const messages = nats.messagesFolder(stream);
  const kept = `${path.dirname(path.dirname(messages))}-${stream}-kept`;
  await nats.kill('SIGTERM');
  await cp(messages, kept, { recursive: true });
  await nats.restart();
  return async () => {
    await nats.kill('SIGTERM');
    await rm(messages, { recursive: true });
    await cp(kept, messages, { recursive: true });
    await nats.restart();
  };
}

interface Scene {
  nats: TestNats;
  /** Straight to the broker. */
  bus: Bus;
  loseEnd: () => Promise<void>;
}

/** Ten labels, of which `loseEnd` leaves five. */
async function startScene(t: TestContext): Promise<Scene> {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  await publishLabels(bus, 'cut', 0, 5);
  const loseEnd = await remember(nats, 'LABELS');
  await publishLabels(bus, 'cut', 5, 10);
  return { nats, bus, loseEnd };
}

/** What a follower sees from now on. */
function follow(t: TestContext, bus: Bus): number[] {
  const [seen, stop] = [[] as number[], new AbortController()];
  const reading = (async () => {
    for await (const { message } of bus.follow({ stream: 'LABELS', codec: codecs.LabelEvent, signal: stop.signal }))
      seen.push(idOf(message));
  })();
  t.after(async () => {
    stop.abort();
    await reading;
  });
  return seen;
}

test('a stream whose end is lost: who follows it sees what comes then', async (t) => {
  const { bus, loseEnd } = await startScene(t);
  const seen = follow(t, bus);
  await until(() => seen.length === 10, 'the ten');
  await loseEnd();
  await publishLabels(bus, 'new', 100, 103);
  assert.equal((await bus.statsOf('LABELS')).lastSequence, 8, 'sequences are given again');
  await until(() => seen.length >= 13, 'what came then');
  assert.deepEqual(seen, [...range(0, 10), 100, 101, 102]);
});

test('a stream that has grown beyond what was lost before its follower comes back gives it all the same', async (t) => {
  const { nats, bus, loseEnd } = await startScene(t);
  const link = await startLink(t, Number(new URL(nats.url).port));
  const far = await connectBus({ servers: `nats://${link.address}`, name: 'far' });
  t.after(() => far.drain());
  const seen = follow(t, far);
  await until(() => seen.length === 10, 'the ten');
  await link.cut();
  await loseEnd();
  await publishLabels(bus, 'new', 100, 112);
  await link.heal();
  await until(() => seen.length >= 22, 'what came then');
  assert.deepEqual(seen, [...range(0, 10), ...range(100, 112)]);
});

test('a reader that begins behind the end of a stream that was cut off reads what comes at its end', async (t) => {
  const { bus } = await startScene(t);
  const stop = new AbortController();
  const seen: number[] = [];
  const reading = (async () => {
    const options = { stream: 'LABELS', codec: codecs.LabelEvent, startSequence: 41, signal: stop.signal } as const;
    for await (const { message } of bus.follow(options)) seen.push(idOf(message));
  })();
  t.after(async () => {
    stop.abort();
    await reading;
  });
  await delay(1000);
  await publishLabels(bus, 'new', 100, 103);
  await until(() => seen.length >= 3, 'what came');
  assert.deepEqual(seen, [100, 101, 102]);
});

test('workers of a stream whose end is lost get what comes then (nats-server #5412)', async (t) => {
  const { bus, loseEnd } = await startScene(t);
  const [done, stop] = [[] as number[], new AbortController()];
  const working = bus.consume({
    stream: 'LABELS',
    durable: 'worker',
    codec: codecs.LabelEvent,
    maxInFlight: 1,
    signal: stop.signal,
    onMessage: async ({ message }) => void done.push(idOf(message)),
  });
  t.after(async () => {
    stop.abort();
    await working;
  });
  await until(() => done.length === 10, 'the ten');
  await loseEnd();
  await publishLabels(bus, 'new', 100, 103);
  await until(() => [100, 101, 102].every((each) => done.includes(each)), 'what came then', 30_000);
});

test('who wants what is stored in a stream that is not there is told so; who follows it waits for it', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  const read = async (): Promise<void> => {
    for await (const _ of bus.follow({ stream: 'LABELS', storedOnly: true, signal: AbortSignal.timeout(20_000) }));
  };
  await assert.rejects(read(), isCode('NOT_FOUND'));
  const seen = follow(t, bus);
  await bus.ensureTopology();
  await publishLabels(bus, 'late', 0, 2);
  await until(() => seen.length === 2, 'both');
  const raw = await connectNats({ servers: nats.url });
  await (await jetstreamManager(raw)).streams.delete('LABELS');
  await raw.close();
  const isNamed = (what: string): boolean => longestWait()?.what === `the broker (to ${what} LABELS)`;
  await until(() => isNamed('follow'), 'the wait to have a name');
  await bus.ensureTopology();
  await publishLabels(bus, 'anew', 7, 8);
  await until(() => seen.length === 3, 'what a stream holds that was made anew');
  assert.deepEqual(seen, [0, 1, 7]);
  assert.equal(longestWait(), undefined);
});
