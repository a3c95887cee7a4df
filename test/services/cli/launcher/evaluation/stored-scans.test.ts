import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectBus, subjects } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { listScans } from '../../../../../services/cli/launcher/evaluation/stored-scans.js';
import { startNats } from '../../../../helpers/nats.js';
import { publishScan } from '../../../../helpers/scans.js';

test('images are evaluated under their corrected labels: of the sample, of its study, else as they came', async (t) => {
  const nats = await startNats(t);
  await using bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  const scan = (name: string, studyId = '') =>
    publishScan(bus, Buffer.from(name), { studyId, label: 'glioma', split: 'SPLIT_TEST' });
  const { sampleId } = await scan('one', 'local-s');
  await scan('two', 'local-s');
  await scan('three');
  const give = (about: object, label: string) =>
    bus.publish(subjects.label('local'), codecs.LabelEvent, { ...about, label, labelledUnixMs: 1 });
  await give({ sampleId }, 'notumor');
  await give({ studyId: 'local-s' }, 'pituitary');
  const listed = await listScans(bus, AbortSignal.timeout(10_000));
  assert.deepEqual(
    listed.map(({ label }) => label),
    ['notumor', 'pituitary', 'glioma'],
  );
});
