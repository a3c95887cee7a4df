import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { openObjectStore, SampleArchive } from '#libs/archive';
import { freePort } from '../../helpers/nats.js';
import { until } from '../../helpers/until.js';
import {
  archivedIds,
  end,
  label,
  publishScans,
  scansOf,
  settled,
  startScene,
  untilArchived,
  untilState,
} from './_archiver.js';

const S3_SERVER = path.resolve('.sulcus/peers/node_modules/s3rver/bin/s3rver.js');
const skip = existsSync(S3_SERVER) ? false : 'no S3 server here: npm run setup:peers brings one';

describe('a bucket of an S3 server as archive', { skip }, () => {
  test('takes what leaves, is waited for while it is away, and gives back what gets a label', async (t) => {
    const scene = await startScene(t);
    const { bus } = scene;
    const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-s3-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const port = await freePort();
    process.env['AWS_ACCESS_KEY_ID'] = 'S3RVER';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'S3RVER';
    const serve = async (): Promise<ChildProcess> => {
      const args = ['-a', '127.0.0.1', '-p', String(port), '-d', folder, '--configure-bucket', 'imaging'];
      const server = spawn(process.execPath, [S3_SERVER, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
      t.after(() => end(server));
      await once(server.stdout, 'data');
      return server;
    };
    const place = { SULCUS_ARCHIVE: 's3://imaging/scans', SULCUS_ARCHIVE_ENDPOINT: `http://127.0.0.1:${port}` };

    await settled(bus);
    const sent = await publishScans(bus, 0, 400, { label: 'glioma' });
    await scene.start(place);
    const state = await untilState(scene, (each) => each.state === 'unavailable', 'a server that is away');
    assert.match(state.message, /bucket imaging/);
    assert.equal((await bus.statsOf('SCANS')).messages, 400);

    await serve();
    await untilArchived(scene, 90);
    const archive = new SampleArchive(await openObjectStore(place.SULCUS_ARCHIVE, place.SULCUS_ARCHIVE_ENDPOINT));
    const stored = (await scansOf(bus)).map(({ sampleId }) => sampleId);
    const archived = await archivedIds(archive);
    assert.deepEqual(new Set([...archived, ...stored]), new Set(sent.map(({ sampleId }) => sampleId)));

    await label(bus, { sampleId: sent[0]!.sampleId, label: 'meningioma' });
    await until(
      async () =>
        (await scansOf(bus)).some((scan) => scan.sampleId === sent[0]!.sampleId && scan.label === 'meningioma'),
      'the sample on SCANS again',
    );
    await archive.close();
  });
});
