import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ArchiveIndex, openObjectStore, SampleArchive } from '#libs/archive';
import { readRetentions, type BucketName } from '#libs/bus';
import { codecs, packageDefinition, type MessageName } from '#libs/contracts';
import type { Random } from '#libs/random';
import { Withdrawals } from '#libs/withdrawals';
import { Spool } from '../../../services/edge/spool/spool.js';
import { imageCorpus } from '../corpus/images.js';
import { either } from '../mutate/choose.js';
import { mutateJson } from '../mutate/json.js';
import { randomMessage, type Pool } from '../mutate/message.js';
import { mutateWire } from '../mutate/wire.js';
import { sharedReaders } from '../readers.js';
import { sharedStack, type FuzzStack } from '../stack.js';
import { outcomeOf, type Make, type Target } from '../target.js';

const ID = 'ab'.repeat(32);
const TEXTS = ['', 'main', 'local', 'local-0123456789abcdef0123', 'glioma', 'SPLIT_TRAIN', ID, 'ready', 'png'];

const poolOf = (image: Buffer): Pool => ({ texts: TEXTS, bytes: [image, Buffer.alloc(256)] });

/**
 * A message that is sound, changed, or drawn at random.
 *
 * @param sound bytes of one that is read. Default: none is known
 */
async function makerOf(name: MessageName, sound?: (image: Buffer) => Buffer): Promise<Make> {
  const image = (await imageCorpus()).png[0]!;
  const known = sound?.(image);
  const drawn = (random: Random): Buffer =>
    randomMessage(random, packageDefinition()[codecs[name].typeName]!.type, poolOf(image));
  const one = (random: Random): Buffer => (known && random.chance(0.7) ? known : drawn(random));
  return (random) =>
    either(
      random,
      () => one(random),
      () => mutateWire(random, one(random)),
      () => mutateWire(random, one(random)),
    );
}

/** A message that lies in a bucket under a key, and how it is read. */
const entryTarget = (
  name: MessageName,
  bucket: BucketName,
  key: string,
  read: (stack: FuzzStack) => Promise<unknown>,
): Target => ({
  name: `stored-${name}`,
  reads: [name],
  share: 1,
  kind: 'services',
  maker: () => makerOf(name),
  open: async () => {
    const { stack, release } = await sharedStack();
    const entries = await stack.bus.keyValue(bucket);
    return {
      run: async (input) => {
        await entries.put(key, input);
        return await outcomeOf(() => read(stack));
      },
      [Symbol.asyncDispose]: async () => {
        await entries.delete(key);
        await release();
      },
    };
  },
});

/** JSON that lies in a bucket, and how it is read; whoever follows it reads on. */
const jsonTarget = (
  name: string,
  bucket: BucketName,
  key: (count: number) => string,
  document: object,
  read: (stack: FuzzStack) => Promise<unknown>,
): Target => ({
  name,
  share: 1,
  kind: 'services',
  maker: async () => (random) => mutateJson(random, document),
  open: async () => {
    const { stack, followers, release } = await sharedReaders();
    const entries = await stack.bus.keyValue(bucket);
    let written = 0;
    return {
      run: async (input) => {
        await entries.put(key(written++), input);
        return await outcomeOf(() => read(stack));
      },
      check: () => followers.check(),
      [Symbol.asyncDispose]: release,
    };
  },
});

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const scanOf = (image: Buffer) => ({
  sampleId: hashOf(image),
  site: 'local',
  label: 'glioma',
  image: { inline: image },
});

/** A file that holds a message, in a folder of its own. */
const fileTarget = (
  name: MessageName,
  sound: (image: Buffer) => Buffer,
  open: (folder: string, image: Buffer) => Promise<{ file: string; read: () => Promise<unknown> }>,
): Target => ({
  name: `file-${name}`,
  reads: [name],
  share: 1,
  kind: 'readers',
  maker: () => makerOf(name, sound),
  open: async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-fuzz-file-'));
    const { file, read } = await open(folder, (await imageCorpus()).png[0]!);
    return {
      run: async (input) => {
        await writeFile(file, input);
        return await outcomeOf(read);
      },
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    };
  },
});

const archivedSample = fileTarget(
  'ArchivedSample',
  (image) => codecs.ArchivedSample.encode({ scan: scanOf(image), label: 'glioma' }),
  async (folder, image) => {
    const archive = new SampleArchive(await openObjectStore(folder));
    const id = hashOf(image);
    const file = path.join(folder, 'samples', id.slice(0, 2), `${id}.pb`);
    await mkdir(path.dirname(file), { recursive: true });
    return { file, read: () => archive.load(id) };
  },
);

const spooledScan = fileTarget(
  'ForwardedScan',
  (image) => codecs.ForwardedScan.encode({ scan: scanOf(image), perceptualHash: Buffer.alloc(256) }),
  async (folder, image) => {
    const open = () => Spool.open({ folder, maxBytes: 1e9, reserveBytes: 0 });
    await (await open()).add({ scan: scanOf(image) });
    // Opened anew: what a spool has just written it reads from its memory.
    const spool = await open();
    const entry = spool.take('oldest')!;
    const [name] = await readdir(path.join(folder, 'waiting'));
    return { file: path.join(folder, 'waiting', name!), read: () => spool.read(entry) };
  },
);

/** What lies in buckets, in the archive and in an edge's spool. */
export const storedTargets: readonly Target[] = [
  entryTarget('ArchiveEntry', 'archive', `sample.${ID}`, ({ bus }) => new ArchiveIndex(bus).get(ID)),
  entryTarget('ArchiveProgress', 'archive', 'state', ({ bus }) => new ArchiveIndex(bus).state()),
  entryTarget('RunRetention', 'retention', 'main', ({ bus }) => readRetentions(bus)),
  jsonTarget(
    'withdrawal',
    'withdrawn',
    () => `sample.${ID}`,
    { reason: 'asked', timeUnixMs: 1, patientId: 'local-0123456789abcdef0123', sequences: [1, 2] },
    async ({ bus }) => {
      const withdrawals = new Withdrawals(bus);
      const found = await withdrawals.ofSample(ID);
      if (!Array.isArray(found?.sequences)) throw new TypeError('It has no places');
      for await (const _ of withdrawals.samples(AbortSignal.timeout(5000)));
    },
  ),
  jsonTarget(
    'completed-study',
    'studies',
    (count) => `complete.local.local-${count}`,
    { samples: 3 },
    async () => undefined,
  ),
  archivedSample,
  spooledScan,
];
