/** A reporter for node's test runner that writes one JSON line with the counts at the end. */

/** @param {AsyncIterable<{ type: string, data: any }>} events */
export default async function* countTests(events) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A suite passes or fails with its tests, which are counted.
    if (data.details?.type === 'suite') continue;
    if (data.skip !== undefined && data.skip !== false) counts.skipped += 1;
    else if (type === 'test:pass') counts.passed += 1;
    else counts.failed += 1;
  }
  yield `${JSON.stringify(counts)}\n`;
}
