import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTraceparent, parseTraceparent } from '../../../libs/telemetry/traceparent.js';

// Example of https://www.w3.org/TR/trace-context-1/#examples-of-http-traceparent-headers
const EXAMPLE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test('a traceparent survives parsing and formatting', () => {
  const parsed = parseTraceparent(EXAMPLE);
  assert.deepEqual(parsed, {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    traceFlags: 1,
    isRemote: true,
  });
  assert.equal(formatTraceparent(parsed), EXAMPLE);
});

test('a later version with more fields is read by its first four', () => {
  assert.equal(parseTraceparent(`01${EXAMPLE.slice(2)}-extra`)?.spanId, '00f067aa0ba902b7');
});

for (const [what, text] of [
  ['nothing', undefined],
  ['empty text', ''],
  ['version ff', `ff${EXAMPLE.slice(2)}`],
  ['an all-zero trace id', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
  ['an all-zero span id', `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`],
  ['upper-case digits', EXAMPLE.toUpperCase()],
  ['a short trace id', '00-4bf92f35-00f067aa0ba902b7-01'],
] as const) {
  test(`${what} is no traceparent`, () => assert.equal(parseTraceparent(text), undefined));
}
