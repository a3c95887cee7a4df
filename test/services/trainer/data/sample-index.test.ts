import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectBus, subjects } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { createLogger } from '#libs/telemetry';
import { SampleIndex } from '../../../../services/trainer/data/sample-index.js';
import { startNats } from '../../../helpers/nats.js';
import { publishScan } from '../../../helpers/scans.js';
import { until } from '../../../helpers/until.js';

test('a sample that comes back from the archive is one sample, where it lies now, also after a restart', async (t) => {
  const nats = await startNats(t);
  await using bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  const stop = new AbortController();
  const start = async (): Promise<SampleIndex> => {
    const index = new SampleIndex(['glioma', 'notumor'], createLogger('test'));
    index.follow(bus, stop.signal).catch(() => undefined);
    await index.caughtUp;
    return index;
  };
  const study = { studyId: 'local-s' };
  const gone = await publishScan(bus, Buffer.from('one'), study);
  const other = await publishScan(bus, Buffer.from('two'), { label: 'notumor' });
  const live = await start();
  const label = { sampleId: gone.sampleId, label: 'glioma', labelledUnixMs: 1 };
  await bus.publish(subjects.label('local'), codecs.LabelEvent, label);
  await bus.deleteMessage('SCANS', gone.sequence);
  const back = await publishScan(bus, Buffer.from('one'), { ...study, label: 'glioma' });
  await until(() => live.lastSequence === back.sequence, 'the sample again');
  await until(() => live.labelled('SPLIT_TRAIN').length === 2, 'its label');
  const again = await start();
  for (const index of [live, again])
    assert.deepEqual(
      index.labelled('SPLIT_TRAIN').map(({ scanSequence, classIndex }) => [scanSequence, classIndex]),
      [
        [other.sequence, 1],
        [back.sequence, 0],
      ],
    );
  stop.abort();
});

test('a sample’s own label holds against a later one of its study, live and after a restart', async (t) => {
  const nats = await startNats(t);
  await using bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  const stop = new AbortController();
  t.after(() => stop.abort());
  const classes = ['glioma', 'notumor', 'pituitary'];
  const start = (): SampleIndex => {
    const index = new SampleIndex(classes, createLogger('test'));
    index.follow(bus, stop.signal).catch(() => undefined);
    return index;
  };
  const give = (about: { sampleId?: string; studyId?: string }, label: string, labelledUnixMs: number) =>
    bus.publish(subjects.label('local'), codecs.LabelEvent, { ...about, label, labelledUnixMs });
  const study = { studyId: 'local-s' };
  const live = start();
  const first = await publishScan(bus, Buffer.from('one'), study);
  const second = await publishScan(bus, Buffer.from('two'), { ...study, label: 'notumor' });
  await give({ sampleId: first.sampleId }, 'glioma', 10);
  // Stored later, given earlier: from a site that was cut off.
  await give({ sampleId: first.sampleId }, 'notumor', 5);
  await give(study, 'pituitary', 20);
  const third = await publishScan(bus, Buffer.from('three'), study);
  const labelsOf = (index: SampleIndex): Record<number, string> =>
    Object.fromEntries(
      index.labelled('SPLIT_TRAIN').map(({ scanSequence, classIndex }) => [scanSequence, classes[classIndex!]!]),
    );
  await until(() => Object.keys(labelsOf(live)).length === 3, 'all labels');
  const again = start();
  await again.caughtUp;
  for (const index of [live, again])
    assert.deepEqual(labelsOf(index), {
      [first.sequence]: 'glioma',
      [second.sequence]: 'pituitary',
      [third.sequence]: 'pituitary',
    });
  await give({ sampleId: first.sampleId }, 'schwannoma', 30);
  await publishScan(bus, Buffer.from('four'));
  await until(() => live.waiting.unlabelled === 1, 'the last image');
  assert.deepEqual([...live.waiting.unknownLabels], [['schwannoma', 1]]);
});
