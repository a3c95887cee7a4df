import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import { codecs } from '#libs/contracts';
import { Spool, type SpooledScan } from '#services/edge';
import { isCode } from '../../helpers/errors.js';
import { atEnd, temporaryFolder } from './_edge.js';

const OPTIONS = { maxBytes: 1e9, reserveBytes: 0 };

/** A scan of so many bytes that differ by the seed. */
function scanOf(seed: number, { sizeBytes = 100, label = '' } = {}): SpooledScan {
  const image = Buffer.alloc(sizeBytes, `image ${seed} `);
  const sampleId = createHash('sha256').update(image).digest('hex');
  return { scan: { sampleId, label, site: 'north', image: { inline: image } }, splitByIdentity: true };
}

async function openSpool(t: TestContext, options: Partial<Parameters<typeof Spool.open>[0]> = {}) {
  const folder = options.folder ?? (await temporaryFolder(t));
  const spool = await Spool.open({ ...OPTIONS, ...options, folder });
  atEnd(t, () => spool.close());
  return { folder, waiting: path.join(folder, 'waiting'), spool };
}

/** The one segment of a spool, with where an image of a scan lies in it. */
async function segmentOf(waiting: string, { scan }: SpooledScan) {
  const [name] = (await readdir(waiting)).filter((each) => each.endsWith('.log'));
  const file = path.join(waiting, name!);
  const bytes = await readFile(file);
  return { file, bytes, imageAt: bytes.indexOf((scan.image as { inline: Buffer }).inline) };
}

/** Changes a byte of a file. */
async function damage({ file, bytes }: { file: string; bytes: Buffer }, at: number): Promise<void> {
  bytes[at]! ^= 1;
  await writeFile(file, bytes);
}

const taken = (spool: Spool, order: 'newest' | 'oldest'): string[] => {
  const samples: string[] = [];
  for (let entry = spool.take(order); entry; entry = spool.take(order)) samples.push(entry.sampleId);
  return samples;
};

describe('a spool', () => {
  test('gives back what was put in, newest or oldest first, also after it was opened anew', async (t) => {
    const { folder, spool } = await openSpool(t);
    const scans = Array.from({ length: 20 }, (_, seed) => scanOf(seed));
    for (const scan of scans) await spool.add(scan);
    const samples = scans.map(({ scan }) => scan.sampleId);
    assert.deepEqual(taken(await Spool.open({ ...OPTIONS, folder }), 'oldest'), samples);
    assert.deepEqual(taken(await Spool.open({ ...OPTIONS, folder }), 'newest'), samples.toReversed());
    const entry = spool.take('oldest')!;
    const read = await spool.read(entry);
    assert.deepEqual(read.scan!.image!.inline, (scans[0]!.scan.image as { inline: Buffer }).inline);
    assert.equal(read.splitByIdentity, true);
  });

  test('one that is given back has its old place; one that is removed is gone for good', async (t) => {
    const { folder, spool } = await openSpool(t);
    const samples: string[] = [];
    for (let seed = 0; seed < 5; seed++) {
      await spool.add(scanOf(seed));
      samples.push(scanOf(seed).scan.sampleId);
    }
    const [first, second] = [spool.take('oldest')!, spool.take('oldest')!];
    spool.giveBack(second);
    spool.giveBack(first);
    const newest = spool.take('newest')!;
    await spool.remove(newest);
    assert.deepEqual(taken(spool, 'oldest'), samples.slice(0, 4));
    assert.deepEqual(taken(await Spool.open({ ...OPTIONS, folder }), 'oldest'), samples.slice(0, 4));
  });

  test('holds the same sample once, under each label; a second waits until the first is durable', async (t) => {
    const { spool } = await openSpool(t);
    const adding = [spool.add(scanOf(1)), spool.add(scanOf(1)), spool.add(scanOf(1, { label: 'glioma' }))];
    assert.deepEqual(
      (await Promise.all(adding)).map(({ isNew }) => isNew),
      [true, false, true],
    );
    assert.equal((await spool.state()).samples, 2);
    const entry = spool.take('oldest')!;
    // On its way it is still here.
    assert.equal((await spool.add(scanOf(1))).isNew, false);
    await spool.remove(entry);
    assert.equal((await spool.add(scanOf(1))).isNew, true);
  });

  test('what was being written when the power went is not there; what is not its own is left alone', async (t) => {
    const { folder, waiting, spool } = await openSpool(t);
    for (const seed of [1, 2, 3]) await spool.add(scanOf(seed, { sizeBytes: 10_000 }));
    const segment = await segmentOf(waiting, scanOf(3, { sizeBytes: 10_000 }));
    await damage(segment, segment.imageAt + 5000);
    await writeFile(path.join(waiting, `${'0'.repeat(12)}-large.scan.part`), 'half a scan');
    await writeFile(path.join(waiting, 'notes.txt'), 'hello');
    const { spool: again } = await openSpool(t, { folder });
    const { samples, refused } = await again.state();
    assert.deepEqual([samples, refused], [2, 0]);
    assert.deepEqual((await readdir(waiting)).sort(), ['notes.txt', path.basename(segment.file)]);
    // Its sender was not told that it is here, and sends it again.
    assert.equal((await again.add(scanOf(3, { sizeBytes: 10_000 }))).isNew, true);
    assert.equal(taken(again, 'oldest').at(-1), scanOf(3, { sizeBytes: 10_000 }).scan.sampleId);
  });

  test('a full one takes nothing until something leaves; its size is that of its samples', async (t) => {
    const { folder, spool } = await openSpool(t, { maxBytes: 30_000 });
    for (let seed = 0; seed < 2; seed++) await spool.add(scanOf(seed, { sizeBytes: 10_000 }));
    await assert.rejects(spool.add(scanOf(9, { sizeBytes: 10_000 })), isCode('BACKPRESSURE', /full/));
    const { bytes, samples } = await spool.state();
    assert.equal(samples, 2);
    assert.ok(bytes > 20_000 && bytes < 21_000, `${bytes} bytes`);
    assert.equal((await (await Spool.open({ ...OPTIONS, folder })).state()).bytes, bytes);
    await spool.remove(spool.take('oldest')!);
    assert.equal((await spool.add(scanOf(9, { sizeBytes: 10_000 }))).isNew, true);
  });

  test('what samples have left is written over: the disk holds little more than what waits', async (t) => {
    const { folder, waiting, spool } = await openSpool(t);
    const kept = await spool.add(scanOf(0)).then(() => spool.take('oldest')!);
    for (let seed = 1; seed <= 300; seed++) {
      await spool.add(scanOf(seed, { sizeBytes: 2 ** 20 }));
      await spool.remove(spool.take('newest')!);
    }
    const files = await readdir(waiting);
    const sizes = await Promise.all(files.map(async (name) => (await stat(path.join(waiting, name))).size));
    const held = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(held <= 4 * 32 * 2 ** 20, `${held} bytes in ${sizes.length} files`);
    // Nothing of what lay there before comes back.
    assert.deepEqual(taken(await Spool.open({ ...OPTIONS, folder }), 'oldest'), [kept.sampleId]);
  });

  test('many that come and go at once are those that are there after it was opened anew', async (t) => {
    const { folder, spool } = await openSpool(t);
    const left = new Set<string>();
    const working = Array.from({ length: 8 }, async (_, worker) => {
      for (let seed = 0; seed < 40; seed++) {
        const scan = scanOf(1000 * worker + seed, { sizeBytes: 100_000 + 7919 * seed });
        await spool.add(scan);
        left.add(scan.scan.sampleId);
        if (seed % 4 === 3) continue;
        const entry = spool.take(seed % 2 === 0 ? 'oldest' : 'newest')!;
        await spool.remove(entry);
        left.delete(entry.sampleId);
      }
    });
    await Promise.all(working);
    const { spool: again } = await openSpool(t, { folder });
    const found: string[] = [];
    for (let entry = again.take('oldest'); entry; entry = again.take('oldest')) {
      await again.read(entry); // compares it with its hash
      found.push(entry.sampleId);
    }
    assert.deepEqual(found.sort(), [...left].sort());
    assert.equal(left.size, 80);
  });

  test('a spool of an earlier version, with a file for each sample, is read and emptied', async (t) => {
    const { folder, waiting, spool: empty } = await openSpool(t);
    assert.equal((await empty.state()).samples, 0);
    for (const seed of [1, 2]) {
      const scan = scanOf(seed);
      const name = `${String(40 + seed).padStart(12, '0')}-1700000000000-${scan.scan.sampleId}-e3b0c442.scan`;
      await writeFile(path.join(waiting, name), codecs.ForwardedScan.encode(scan));
    }
    const { spool } = await openSpool(t, { folder });
    await spool.add(scanOf(3));
    assert.equal((await spool.add(scanOf(1))).isNew, false);
    for (const seed of [1, 2, 3]) {
      const entry = spool.take('oldest')!;
      assert.equal((await spool.read(entry)).scan!.sampleId, scanOf(seed).scan.sampleId);
      await spool.remove(entry);
    }
    assert.deepEqual(
      (await readdir(waiting)).filter((name) => name.endsWith('.scan')),
      [],
    );
  });

  test('a segment of a later version is refused with its name', async (t) => {
    const { folder, waiting, spool } = await openSpool(t);
    await spool.add(scanOf(1));
    const { file, bytes } = await segmentOf(waiting, scanOf(1));
    bytes.writeUInt32LE(2, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(8, 20)), 4);
    await writeFile(file, bytes);
    await assert.rejects(
      Spool.open({ ...OPTIONS, folder }),
      isCode('INVALID_CONFIG', /segment-00000000\.log is of version 2/),
    );
  });

  test('leaves free on the disk what is reserved for others', async (t) => {
    const { spool } = await openSpool(t, { reserveBytes: 1e15 });
    await assert.rejects(spool.add(scanOf(1)), isCode('BACKPRESSURE', /reserved/));
    assert.equal((await spool.state()).freeBytes, 0);
  });

  test('a sample that the disk has changed is noticed and kept aside, with the cause', async (t) => {
    const { folder, waiting, spool: writing } = await openSpool(t);
    for (const seed of [1, 2]) await writing.add(scanOf(seed, { sizeBytes: 1000 }));
    const segment = await segmentOf(waiting, scanOf(1, { sizeBytes: 1000 }));
    await damage(segment, segment.imageAt + 500);
    // The newest samples are not read from the disk by who wrote them.
    const { spool } = await openSpool(t, { folder });
    const entry = spool.take('oldest')!;
    await assert.rejects(spool.read(entry), isCode('HASH_MISMATCH', /segment-/));
    await spool.setAside(entry, { code: 'HASH_MISMATCH', reason: 'damaged' });
    const { spool: again } = await openSpool(t, { folder });
    const { samples, refused, bytes: held } = await again.state();
    assert.deepEqual([samples, refused, held], [1, 1, 2 * entry.sizeBytes]);
    const aside = await readdir(path.join(folder, 'refused'));
    assert.equal(aside.length, 2);
    const note = aside.find((name) => name.endsWith('.json'))!;
    assert.match(await readFile(path.join(folder, 'refused', note), 'utf8'), /HASH_MISMATCH/);
  });

  test('of what was written in one go and not synced what is whole stays, and the rest is no damage', async (t) => {
    const { folder, waiting, spool: writing } = await openSpool(t);
    const scans = [1, 2, 3].map((seed) => scanOf(seed, { sizeBytes: 50_000 }));
    // The second and the third wait together while the first is written.
    await Promise.all(scans.map((scan) => writing.add(scan)));
    const segment = await segmentOf(waiting, scans[1]!);
    await damage(segment, Math.floor(segment.imageAt / 4096) * 4096 + 20);
    const { spool } = await openSpool(t, { folder });
    assert.equal((await spool.state()).refused, 0);
    assert.deepEqual(
      taken(spool, 'oldest'),
      [0, 2].map((index) => scans[index]!.scan.sampleId),
    );
  });

  test('a long backlog lies in files, each of which goes with its sample', async (t) => {
    const { folder, waiting, spool } = await openSpool(t, { maxBytes: 256 * 2 ** 20 });
    const scans = Array.from({ length: 14 }, (_, seed) => scanOf(seed, { sizeBytes: 7 * 2 ** 20 }));
    for (const scan of scans) await spool.add(scan);
    const kindsOf = async () => (await readdir(waiting)).map((name) => path.extname(name)).sort();
    // Four in each of two segments.
    assert.deepEqual(await kindsOf(), ['.log', '.log', ...Array.from({ length: 6 }, () => '.scan')]);
    const { spool: again } = await openSpool(t, { folder, maxBytes: 256 * 2 ** 20 });
    for (const { scan } of scans.toReversed()) {
      const entry = again.take('newest')!;
      assert.equal((await again.read(entry)).scan!.sampleId, scan.sampleId);
      await again.remove(entry);
    }
    assert.deepEqual(await kindsOf(), ['.log', '.log']);
  });

  test('where a sample cannot even be told any more it is counted, and takes nothing with it', async (t) => {
    const { folder, waiting, spool: writing } = await openSpool(t);
    const scans = [1, 2, 3, 4].map((seed) => scanOf(seed, { sizeBytes: 50_000 }));
    for (const scan of scans) await writing.add(scan);
    const segment = await segmentOf(waiting, scans[1]!);
    // Where its record begins: before its image, at the beginning of a block.
    await damage(segment, Math.floor(segment.imageAt / 4096) * 4096 + 20);
    const { spool } = await openSpool(t, { folder });
    assert.equal((await spool.state()).refused, 1);
    const note = await readFile(path.join(folder, 'refused', `${path.basename(segment.file)}.json`), 'utf8');
    assert.match(note, /1 samples in .*segment-00000000\.log cannot be read/);
    const left = taken(spool, 'oldest');
    assert.deepEqual(
      left,
      [0, 2, 3].map((index) => scans[index]!.scan.sampleId),
    );
  });

  test('a sample too large for a segment is a file of its own, whole or not there', async (t) => {
    const { folder, waiting, spool } = await openSpool(t);
    const large = scanOf(1, { sizeBytes: 9 * 2 ** 20 });
    await spool.add(large);
    assert.equal((await readdir(waiting)).filter((name) => name.endsWith('.scan')).length, 1);
    const again = await Spool.open({ ...OPTIONS, folder });
    const entry = again.take('oldest')!;
    assert.equal((await again.read(entry)).scan!.sampleId, large.scan.sampleId);
    await again.remove(entry);
    assert.deepEqual(await readdir(waiting), []);
  });

  test('reads the newest from memory and the others from the disk: all are what was put in', async (t) => {
    const { spool } = await openSpool(t);
    // 48 MB of which 16 are held.
    const scans = Array.from({ length: 12 }, (_, seed) => scanOf(seed, { sizeBytes: 4 * 2 ** 20 }));
    for (const scan of scans) await spool.add(scan);
    for (const { scan } of scans) {
      const read = await spool.read(spool.take('oldest')!);
      assert.ok(read.scan!.image!.inline!.equals((scan.image as { inline: Buffer }).inline));
    }
    assert.equal(spool.take('oldest'), undefined);
  });

  test('a disk that refuses is said, and nothing half written stays', async (t) => {
    const { folder, spool } = await openSpool(t);
    await rm(path.join(folder, 'waiting'), { recursive: true });
    await assert.rejects(spool.add(scanOf(1)), isCode('STORAGE_FAILED'));
    await assert.rejects(
      Spool.open({ ...OPTIONS, folder: path.join('/proc', 'nothing', 'here') }),
      isCode('INVALID_CONFIG', /cannot be used/),
    );
  });
});
