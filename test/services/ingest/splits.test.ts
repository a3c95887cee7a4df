import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSplit, Pseudonyms, readConfig, type AssignedSplit } from '#services/ingest';

const SHARES = { SPLIT_TRAIN: 70, SPLIT_VALIDATION: 8, SPLIT_GATE: 12, SPLIT_TEST: 10 };
const content = (index: number) => index.toString(16).padStart(64, '0');

const PYTHON_FRACTIONS = [
  0.451704, 0.608916, 0.386184, 0.994357, 0.21894, 0.606881, 0.320785, 0.69073, 0.599637, 0.909407, 0.495791, 0.755253,
  0.570969, 0.329691, 0.777899, 0.235904, 0.888621, 0.478583, 0.407691, 0.971319,
];

function countSplits(count: number, choose: (index: number) => AssignedSplit): Record<AssignedSplit, number> {
  const counts = { SPLIT_TRAIN: 0, SPLIT_VALIDATION: 0, SPLIT_GATE: 0, SPLIT_TEST: 0 };
  for (let index = 0; index < count; index++) counts[choose(index)]++;
  return counts;
}

/** Standard deviation of a binomial count: 4 of them are exceeded once in 16 000 tries. */
const within = (count: number, total: number, share: number) =>
  Math.abs(count - total * share) < 4 * Math.sqrt(total * share * (1 - share));

test('the splits have the shares that were asked for', () => {
  const counts = countSplits(10_000, (index) => chooseSplit({ content: content(index) }, 'key', SHARES));
  assert.ok(within(counts.SPLIT_TRAIN, 10_000, 0.7), JSON.stringify(counts));
  assert.ok(within(counts.SPLIT_VALIDATION, 10_000, 0.08), JSON.stringify(counts));
  assert.ok(within(counts.SPLIT_GATE, 10_000, 0.12), JSON.stringify(counts));
  assert.ok(within(counts.SPLIT_TEST, 10_000, 0.1), JSON.stringify(counts));
});

test('among some splits alone, their shares fill the whole range', () => {
  const counts = countSplits(10_000, (index) =>
    chooseSplit({ content: content(index) }, 'key', SHARES, ['SPLIT_TRAIN', 'SPLIT_VALIDATION', 'SPLIT_GATE']),
  );
  assert.equal(counts.SPLIT_TEST, 0);
  assert.ok(within(counts.SPLIT_VALIDATION, 10_000, 8 / 90), JSON.stringify(counts));
  assert.ok(within(counts.SPLIT_GATE, 10_000, 12 / 90), JSON.stringify(counts));
});

test('one split alone is taken as asked, whatever its share', () => {
  const shares = { ...SHARES, SPLIT_TEST: 0 };
  assert.deepEqual(
    countSplits(100, (index) => chooseSplit({ content: content(index) }, 'key', shares, ['SPLIT_TEST'])),
    { SPLIT_TRAIN: 0, SPLIT_VALIDATION: 0, SPLIT_GATE: 0, SPLIT_TEST: 100 },
  );
  assert.equal(countSplits(1000, (index) => chooseSplit({ content: content(index) }, 'key', shares)).SPLIT_TEST, 0);
});

test('all images of a patient are in one split, whatever study and content', () => {
  for (let patient = 0; patient < 200; patient++) {
    const splits = new Set(
      Array.from({ length: 10 }, (_, index) =>
        chooseSplit({ patient: `p${patient}`, study: `s${index}`, content: content(index) }, 'key', SHARES),
      ),
    );
    assert.equal(splits.size, 1);
  }
});

test('the key decides: the same key gives the same split, another one another', () => {
  const of = (key: string) =>
    Array.from({ length: 200 }, (_, index) => chooseSplit({ content: content(index) }, key, SHARES)).join();
  assert.equal(of('key'), of('key'));
  assert.notEqual(of('key'), of('another'));
});

test('the default split of a content is a fixed function of its bytes', () => {
  // python3 -c "import hmac,hashlib; print([int.from_bytes(hmac.new(b'sulcus-split-v1',
  // b'content\0'+f'{i:064x}'.encode(), hashlib.sha256).digest()[:6],'big')/2**48 for i in range(20)])"
  const expected = PYTHON_FRACTIONS.map((fraction) =>
    fraction < 0.7
      ? 'SPLIT_TRAIN'
      : fraction < 0.78
        ? 'SPLIT_VALIDATION'
        : fraction < 0.9
          ? 'SPLIT_GATE'
          : 'SPLIT_TEST',
  );
  assert.deepEqual(
    PYTHON_FRACTIONS.map((_, index) => chooseSplit({ content: content(index) }, 'sulcus-split-v1', SHARES)),
    expected,
  );
});

test('the gate takes no patient from training, and the test split none: 70/15/15 was what they were cut from', () => {
  const before = { SPLIT_TRAIN: 70, SPLIT_VALIDATION: 15, SPLIT_GATE: 0, SPLIT_TEST: 15 };
  const moves = new Set(
    Array.from({ length: 2000 }, (_, index) => {
      const identity = { patient: `p${index}`, content: content(index) };
      return [before, readConfig({}).splitShares].map((shares) => chooseSplit(identity, 'key', shares)).join(' to ');
    }),
  );
  assert.deepEqual([...moves].sort(), [
    'SPLIT_TEST to SPLIT_GATE',
    'SPLIT_TEST to SPLIT_TEST',
    'SPLIT_TRAIN to SPLIT_TRAIN',
    'SPLIT_VALIDATION to SPLIT_GATE',
    'SPLIT_VALIDATION to SPLIT_VALIDATION',
  ]);
});

test('pseudonyms are stable, keyed, of one kind each, and do not hold the identity', () => {
  const pseudonyms = new Pseudonyms('site-a', Buffer.from('key one'));
  const pseudonym = pseudonyms.patient('MRN 0042')!;
  // python3 -c "import hmac,hashlib; print(hmac.new(b'key one', b'patient\0MRN 0042',
  // hashlib.sha256).hexdigest()[:20])"
  assert.equal(pseudonym, 'site-a-8835bd5ad845875df8cd');
  assert.equal(pseudonyms.patient('  mrn 0042 '), pseudonym);
  assert.notEqual(pseudonyms.patient('MRN 42'), pseudonym, 'leading zeros may be meant');
  assert.notEqual(pseudonyms.study('MRN 0042'), pseudonym);
  assert.notEqual(new Pseudonyms('site-a', Buffer.from('key two')).patient('MRN 0042'), pseudonym);
  assert.notEqual(new Pseudonyms('site-b', Buffer.from('key one')).patient('MRN 0042'), pseudonym);
  assert.equal(pseudonyms.patient('   '), undefined);
});
