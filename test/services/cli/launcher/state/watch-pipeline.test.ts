import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectBus, publishEvent } from '#libs/bus';
import { startNats } from '../../../../helpers/nats.js';
import { until } from '../../../../helpers/until.js';
import { endOfStreams } from '../../../../../services/cli/launcher/pipeline/end-of-streams.js';
import { PipelineState } from '../../../../../services/cli/launcher/state/pipeline-state.js';
import { watchPipeline } from '../../../../../services/cli/launcher/state/watch-pipeline.js';

test('a run that counts from nothing sees what came since, though its clock is ahead of the broker', async (t) => {
  const nats = await startNats();
  t.after(() => nats.stop());
  await using bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  const imported = (offered: number) =>
    publishEvent(bus, 'ingest', `import ${offered}`, { ingest: { offered, done: true } });
  await imported(7);
  const after = await endOfStreams(bus);
  const now = Date.now;
  t.mock.method(Date, 'now', () => now() + 3_600_000);
  await imported(3);

  const state = new PipelineState();
  const stop = new AbortController();
  const watching = watchPipeline(bus, state, { after, signal: stop.signal, changed: () => undefined });
  await until(() => state.importsDone > 0, 'the import is seen');
  assert.equal(state.ingest.offered, 3);
  t.mock.restoreAll();
  stop.abort();
  await watching;

  const everything = new PipelineState();
  const end = new AbortController();
  const whole = watchPipeline(bus, everything, { signal: end.signal, changed: () => undefined });
  await until(() => everything.importsDone === 2, 'both imports are seen');
  end.abort();
  await whole;
});
