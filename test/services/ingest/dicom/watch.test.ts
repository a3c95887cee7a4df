import assert from 'node:assert/strict';
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { connectBus } from '#libs/bus';
import { startLink } from '../../../helpers/link.js';
import { until } from '../../../helpers/until.js';
import { readDeadLetters, readEvents, readScans, startHarness, startService, temporaryFolder } from '../_ingest.js';
import { sliceBytes } from './_objects.js';

async function watch(t: TestContext) {
  const folder = await temporaryFolder(t);
  const harness = await startHarness(t, { SULCUS_WATCH_DIR: folder });
  const { service } = await startService(t, harness);
  const count = async (): Promise<number> => (await readScans(harness.bus)).length;
  const offered = async (): Promise<number> =>
    Math.max(0, ...(await readEvents(harness.bus)).map(({ ingest }) => ingest?.offered ?? 0));
  return { folder, harness, service, count, offered };
}

describe('DICOM in a watched folder', () => {
  test('is taken whatever it is called, with and without preamble, at any depth; folders name no class', async (t) => {
    const { folder, harness, count } = await watch(t);
    const place = path.join(folder, 'Doe Jane', 'head');
    await mkdir(place, { recursive: true });
    await writeFile(path.join(place, 'slice.dcm'), sliceBytes({}, 1));
    await writeFile(path.join(place, 'IM000002'), sliceBytes({}, 2));
    await writeFile(path.join(folder, '1.2.3.4.3'), sliceBytes({}, 3));
    await writeFile(path.join(folder, 'bare'), sliceBytes({}, 4).subarray(132));
    await until(async () => (await count()) === 4, 'four slices');
    for (const { message } of await readScans(harness.bus)) {
      assert.equal(message.label, '');
      assert.match(message.source, /^dicom\//);
      assert.doesNotMatch(JSON.stringify({ ...message, image: '' }), /Doe|head/);
    }
  });

  test('a copy is known, what is no DICOM and has no name of an image is left alone', async (t) => {
    const { folder, count, offered } = await watch(t);
    await writeFile(path.join(folder, 'a.dcm'), sliceBytes({}, 1));
    await writeFile(path.join(folder, 'report'), 'a text without an ending');
    await writeFile(path.join(folder, 'list.csv'), 'a,b\n');
    await until(async () => (await count()) === 1, 'one slice');
    await copyFile(path.join(folder, 'a.dcm'), path.join(folder, 'b.dcm'));
    await until(async () => (await offered()) === 2, 'the copy');
    assert.equal(await count(), 1);
  });

  test('a file that is written under another name first is taken when it has its own', async (t) => {
    const { folder, count, offered } = await watch(t);
    const [draft, file] = [path.join(folder, 'a.dcm.tmp'), path.join(folder, 'a.dcm')];
    await writeFile(draft, sliceBytes({}, 1).subarray(0, 1000));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal(await offered(), 0);
    await writeFile(draft, sliceBytes({}, 1));
    await rename(draft, file);
    await until(async () => (await count()) === 1, 'the slice');
  });

  test('what must not leave stays in the quarantine, and is refused once, also after a restart', async (t) => {
    const { folder, harness, service } = await watch(t);
    await writeFile(path.join(folder, 'burned.dcm'), sliceBytes({ BurnedInAnnotation: 'YES' }, 1));
    await writeFile(path.join(folder, 'cut.dcm'), sliceBytes({}, 2).subarray(0, 1500));
    await until(async () => (await readDeadLetters(harness.bus)).length === 2, 'two dead letters');
    for (const dead of await readDeadLetters(harness.bus)) {
      assert.equal(dead.original ?? undefined, undefined);
      assert.doesNotMatch(JSON.stringify(dead), /burned\.dcm|cut\.dcm|Doe/);
    }
    await service.stop(0);
    await startService(t, harness);
    await writeFile(path.join(folder, 'good.dcm'), sliceBytes({}, 3));
    await until(async () => (await readScans(harness.bus)).length === 1, 'the good slice');
    assert.equal((await readDeadLetters(harness.bus)).length, 2);
  });

  test('what is being refused at the stop is remembered: it is not refused again after a restart', async (t) => {
    const { folder, harness, service: first } = await watch(t);
    await first.stop(0);
    // Answers of the broker come later than what it has stored can be read.
    const link = await startLink(t, Number(new URL(harness.nats.url).port), { oneWayMs: 300 });
    const bus = await connectBus({ servers: `nats://${link.address}`, name: 'ingest' });
    t.after(() => bus.drain());
    const { service } = await startService(t, { ...harness, bus });
    await writeFile(path.join(folder, 'burned.dcm'), sliceBytes({ BurnedInAnnotation: 'YES' }, 1));
    await until(async () => (await readDeadLetters(harness.bus)).length === 1, 'the dead letter');
    await service.stop(0);
    await startService(t, harness);
    await writeFile(path.join(folder, 'good.dcm'), sliceBytes({}, 3));
    await until(async () => (await readScans(harness.bus)).length === 1, 'the good slice');
    assert.equal((await readDeadLetters(harness.bus)).length, 1);
  });
});
