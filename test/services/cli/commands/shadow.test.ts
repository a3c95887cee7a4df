import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectBus, publishEvent, type Bus } from '#libs/bus';
import { main as shadow } from '../../../../services/cli/commands/shadow.js';
import { commandOutput } from '../../../helpers/command-output.js';
import { startNats, type TestNats } from '../../../helpers/nats.js';

let nats: TestNats;
let bus: Bus;
before(async () => {
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
});
after(async () => {
  await bus.drain();
  await nats.stop();
});

const output = (...words: string[]): Promise<string> => commandOutput(shadow, [...words, '--nats', nats.url]);

/** What a predictor has counted since its start. */
const told = (compared: number, agreed: number, meanAbsoluteDifference: number) => ({
  shadow: {
    liveVersion: 'main-000001',
    shadowVersion: 'main-000002',
    compared,
    agreed,
    meanAbsoluteDifference,
    liveInferenceMs: 10,
    shadowInferenceMs: 20,
    dropped: 3,
    failed: 1,
    confusion: [
      { liveClass: 'glioma', shadowClass: 'glioma', count: agreed },
      { liveClass: 'glioma', shadowClass: 'notumor', count: compared - agreed },
    ],
  },
});

test('sulcus shadow adds up what each predictor told last of a pair of versions', async () => {
  assert.match(await output(), /No predictor has mirrored anything/);
  await publishEvent(bus, 'predictor', 'one', told(10, 9, 0.5));
  await publishEvent(bus, 'predictor', 'one', told(30, 24, 0.1));
  await publishEvent(bus, 'predictor', 'two', told(10, 6, 0.3));
  const [report, ...others] = JSON.parse(await output('--json')) as Record<string, unknown>[];
  assert.deepEqual(others, []);
  const { meanAbsoluteDifference, ...counts } = report!;
  assert.ok(Math.abs((meanAbsoluteDifference as number) - 0.15) < 1e-9, '(30 × 0.1 + 10 × 0.3) / 40');
  assert.deepEqual(counts, {
    liveVersion: 'main-000001',
    shadowVersion: 'main-000002',
    compared: 40,
    agreed: 30,
    liveInferenceMs: 10,
    shadowInferenceMs: 20,
    dropped: 6,
    failed: 2,
    confusion: [
      { liveClass: 'glioma', shadowClass: 'glioma', count: 30 },
      { liveClass: 'glioma', shadowClass: 'notumor', count: 10 },
    ],
  });
  const text = await output();
  assert.match(text, /main-000001 +main-000002 +40 +75\.0 % +0\.1500 +10\.0 +20\.0 +6 +2/);
  assert.match(text, /main-000002: 10 × glioma → notumor/);
});
