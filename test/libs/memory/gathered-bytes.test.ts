import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatheredBytes } from '#libs/memory';
import { heldBytes } from '../../helpers/held-bytes.js';

test('pieces of any length come out as one, and then nothing is left', () => {
  const whole = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => (at * 31) & 0xff));
  const gathered = new GatheredBytes();
  for (let at = 0, length = 0; at < whole.length; at += length, length = (length * 7 + 1) % 300_001)
    gathered.add(whole.subarray(at, at + length));
  assert.equal(gathered.length, whole.length);
  assert.ok(gathered.take().equals(whole));
  assert.equal(gathered.length, 0);
  assert.equal(gathered.take().length, 0);
});

test('what came a byte at a time takes hardly more room than its bytes', () => {
  const bytes = 1_000_000;
  const piece = Buffer.from([7]);
  const before = heldBytes();
  const gathered = new GatheredBytes();
  for (let at = 0; at < bytes; at++) gathered.add(piece);
  const held = heldBytes() - before;
  assert.ok(held < 5 * bytes, `${held} bytes are held for ${bytes}`);
  assert.equal(gathered.take().length, bytes);
});
