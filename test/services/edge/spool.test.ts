import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { Spool, type SpooledScan } from '#services/edge';
import { isCode } from '../../helpers/errors.js';
import { temporaryFolder } from './_edge.js';

const OPTIONS = { maxBytes: 1e9, reserveBytes: 0 };

/** A scan of so many bytes that differ by the seed. */
function scanOf(seed: number, { sizeBytes = 100, label = '' } = {}): SpooledScan {
  const image = Buffer.alloc(sizeBytes, `image ${seed} `);
  const sampleId = createHash('sha256').update(image).digest('hex');
  return { scan: { sampleId, label, site: 'north', image: { inline: image } }, splitByIdentity: true };
}

async function openSpool(t: TestContext, options: Partial<Parameters<typeof Spool.open>[0]> = {}) {
  const folder = options.folder ?? (await temporaryFolder(t));
  return { folder, spool: await Spool.open({ ...OPTIONS, ...options, folder }) };
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
    const { folder, spool } = await openSpool(t);
    await spool.add(scanOf(1));
    const waiting = path.join(folder, 'waiting');
    const [name] = await readdir(waiting);
    await writeFile(path.join(waiting, `${name!.replace(/^\d{12}/, '000000000099')}.part`), 'half a scan');
    await writeFile(path.join(waiting, 'notes.txt'), 'hello');
    const again = await Spool.open({ ...OPTIONS, folder });
    assert.equal((await again.state()).samples, 1);
    assert.deepEqual((await readdir(waiting)).sort(), [name!, 'notes.txt'].sort());
    // Names go on behind those that are there.
    await again.add(scanOf(2));
    assert.equal(taken(again, 'oldest').at(-1), scanOf(2).scan.sampleId);
  });

  test('a full one takes nothing until something leaves; its size is that of its files', async (t) => {
    const { folder, spool } = await openSpool(t, { maxBytes: 30_000 });
    for (let seed = 0; seed < 2; seed++) await spool.add(scanOf(seed, { sizeBytes: 10_000 }));
    await assert.rejects(spool.add(scanOf(9, { sizeBytes: 10_000 })), isCode('BACKPRESSURE', /full/));
    const { bytes, samples } = await spool.state();
    assert.equal(samples, 2);
    const files = await readdir(path.join(folder, 'waiting'));
    const sizes = await Promise.all(
      files.map(async (name) => (await readFile(path.join(folder, 'waiting', name))).length),
    );
    assert.equal(
      bytes,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    await spool.remove(spool.take('oldest')!);
    assert.equal((await spool.add(scanOf(9, { sizeBytes: 10_000 }))).isNew, true);
  });

  test('leaves free on the disk what is reserved for others', async (t) => {
    const { spool } = await openSpool(t, { reserveBytes: 1e15 });
    await assert.rejects(spool.add(scanOf(1)), isCode('BACKPRESSURE', /reserved/));
    assert.equal((await spool.state()).freeBytes, 0);
  });

  test('a file that the disk has changed is noticed and kept aside, with the cause', async (t) => {
    const { folder, spool: writing } = await openSpool(t);
    await writing.add(scanOf(1, { sizeBytes: 1000 }));
    const [name] = await readdir(path.join(folder, 'waiting'));
    const file = path.join(folder, 'waiting', name!);
    const bytes = await readFile(file);
    bytes[500]! ^= 1;
    await writeFile(file, bytes);
    // The newest samples are not read from the disk by who wrote them.
    const spool = await Spool.open({ ...OPTIONS, folder });
    const entry = spool.take('oldest')!;
    await assert.rejects(spool.read(entry), isCode('HASH_MISMATCH'));
    await spool.setAside(entry, { code: 'HASH_MISMATCH', reason: 'damaged' });
    const again = await Spool.open({ ...OPTIONS, folder });
    const { samples, refused, bytes: held } = await again.state();
    assert.deepEqual([samples, refused, held], [0, 1, bytes.length]);
    assert.match(await readFile(path.join(folder, 'refused', `${name}.json`), 'utf8'), /HASH_MISMATCH/);
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
