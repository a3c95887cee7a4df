import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { openObjectStore, SampleArchive } from '#libs/archive';
import { archivedIds, idOf, imageOf, publishScans, scansOf, settled, startScene, untilState } from './_archiver.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-small-disk-'));
const mount = (...options: string[]): void => void execFileSync('mount', options, { stdio: 'ignore' });

/** A disk of its own with 600 kB; only root may make one. */
const skip = (() => {
  try {
    mount('-t', 'tmpfs', '-o', 'size=600k', 'none', folder);
    return false;
  } catch {
    return 'no small disk can be mounted here';
  }
})();
after(() => {
  if (skip === false) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
});

test('a full disk of the archive is said and survived: scans stay, and leave when there is room', {
  skip,
}, async (t) => {
  const scene = await startScene(t);
  const { bus } = scene;
  await settled(bus);
  const sent = await publishScans(bus, 0, 400, { label: 'glioma' });
  const place = path.join(folder, 'archive');
  await scene.start({ SULCUS_ARCHIVE: place });
  const full = await untilState(scene, (each) => each.state === 'unavailable', 'a full disk');
  assert.match(full.message, /ENOSPC|no space/);
  const archive = new SampleArchive(await openObjectStore(place));
  const complete = async (): Promise<void> => {
    const stored = (await scansOf(bus)).map(({ sampleId }) => sampleId);
    const archived = await archivedIds(archive);
    assert.deepEqual(new Set([...stored, ...archived]), new Set(sent.map((_, number) => idOf(imageOf(number)))));
  };
  await complete();
  assert.ok((await scansOf(bus)).length > 250, 'most of them are where they were');
  mount('-o', 'remount,size=20m', folder);
  await untilState(scene, (each) => each.state === 'ready' && each.scansBytes < 0.7 * 2_000_000, 'room');
  await complete();
});
