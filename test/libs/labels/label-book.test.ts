import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LabelEvent } from '#libs/contracts';
import { LabelBook } from '../../../libs/labels/label-book.js';

const event = (about: Partial<LabelEvent>): LabelEvent => ({
  label: '',
  labelSource: '',
  site: '',
  labelledUnixMs: 0,
  withdrawn: false,
  ...about,
});

/** A book of labels that were stored in this order, a second apart, the last at 1,000,000. */
function bookOf(events: readonly LabelEvent[]): LabelBook {
  const book = new LabelBook();
  events.forEach((each, index) =>
    book.add(each, { sequence: index + 1, storedUnixMs: 1_000_000 - 1000 * (events.length - 1 - index) }),
  );
  return book;
}

test('the newest label by the time it was given holds, a sample’s before its study’s, in any order of arrival', () => {
  const sampleId = 'a';
  const events = [
    event({ sampleId, label: 'old', labelledUnixMs: 10 }),
    event({ sampleId, label: 'new', labelledUnixMs: 20 }),
    event({ studyId: 's', label: 'of the study', labelledUnixMs: 30 }),
  ] as const;
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
  ] as const) {
    const book = bookOf(order.map((index) => events[index]));
    assert.equal(book.newest({ sampleId, studyId: 's', label: 'as it came' }).name, 'new');
    assert.equal(book.newest({ sampleId: 'b', studyId: 's', label: 'as it came' }).name, 'of the study');
    assert.equal(book.newest({ sampleId: 'b', studyId: '', label: 'as it came' }).name, 'as it came');
  }
});

test('of two labels given at the same time the one that came later holds', () => {
  const about = { sampleId: 'a', labelledUnixMs: 10 };
  const book = bookOf([event({ ...about, label: 'first' }), event({ ...about, label: 'second' })]);
  assert.deepEqual(book.newest({ sampleId: 'a', studyId: '', label: '' }), {
    name: 'second',
    givenUnixMs: 10,
    sequence: 2,
    own: true,
  });
});

test('a label from a clock that is ahead counts as given when it was stored: it can be corrected', () => {
  const [sampleId, years] = ['a', 1e11];
  const book = bookOf([
    event({ sampleId, label: 'from the future', labelledUnixMs: 1_000_000 + years }),
    event({ sampleId, label: 'corrected', labelledUnixMs: 1_000_000 }),
  ]);
  assert.equal(book.newest({ sampleId, studyId: '', label: '' }).name, 'corrected');
});
