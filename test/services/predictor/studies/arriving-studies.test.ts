import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCode } from '../../../helpers/errors.js';
import { ArrivingStudies, type Arrival } from '../../../../services/predictor/studies/arriving-studies.js';

const LIMITS = { maxStudies: 2, maxBytes: 100, idleMs: 3000, sendMs: 60_000 };

/** Messages of which the last never comes, unless `ends`. */
async function* messages(count: number, ends: boolean): AsyncGenerator<number> {
  for (let index = 0; index < count; index++) yield index;
  if (!ends) await new Promise(() => undefined);
}

const never = new AbortController().signal;

/** Reads a study of slices of so many bytes each. */
async function receive(arrival: Arrival, slices: number, sizeBytes: number, ends = true): Promise<number> {
  let read = 0;
  for await (const _ of arrival.inTime(messages(slices, ends))) {
    arrival.take(sizeBytes);
    read++;
  }
  return read;
}

test('a study that is begun and not sent gives its place to one that comes later', async () => {
  const studies = new ArrivingStudies(LIMITS);
  const held = [0, 1].map(() => studies.receive(never, (arrival) => receive(arrival, 1, 10, false)));
  const refused = assert.rejects(Promise.all(held), isCode('BACKPRESSURE'));
  await assert.rejects(
    studies.receive(never, (arrival) => receive(arrival, 3, 10)),
    isCode('BACKPRESSURE', /2 studies are being sent/),
  );
  await sleep(1100);
  assert.equal(await studies.receive(never, (arrival) => receive(arrival, 3, 10)), 3);
  await refused;
});

test('slices of studies that are being sent have room for so many bytes, until they are answered', async () => {
  const studies = new ArrivingStudies(LIMITS);
  await assert.rejects(
    studies.receive(never, (arrival) => receive(arrival, 11, 10)),
    isCode('BACKPRESSURE'),
  );
  await studies.receive(never, async (arrival) => {
    await receive(arrival, 6, 10);
    await sleep(1100); // in work, and not to give way any more
    const other = studies.receive(never, (later) => receive(later, 5, 10));
    await assert.rejects(other, isCode('BACKPRESSURE', /hold 100 bytes/));
  });
  assert.equal(await studies.receive(never, (arrival) => receive(arrival, 10, 10)), 10);
});

test('a study whose next slice does not come, or that takes too long, ends as DEADLINE_EXCEEDED', async () => {
  const idle = new ArrivingStudies({ ...LIMITS, idleMs: 50 });
  await assert.rejects(
    idle.receive(never, (arrival) => receive(arrival, 1, 10, false)),
    isCode('DEADLINE_EXCEEDED', /No slice of the study has come for 0.05 s/),
  );
  const slow = new ArrivingStudies({ ...LIMITS, sendMs: 50 });
  await assert.rejects(
    slow.receive(never, (arrival) => receive(arrival, 1, 10, false)),
    isCode('DEADLINE_EXCEEDED', /takes too long to send/),
  );
});
