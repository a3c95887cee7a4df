import { createHash } from 'node:crypto';
import { openObjectStore, SampleArchive } from '#libs/archive';
import { followScans, type Bus } from '#libs/bus';
import { CheckpointStore, Registry } from '#libs/registry';
import { RUN } from './stand/recipe.js';

/** What a pipeline has made of its images, read from broker and archive. */
export interface Findings {
  /** Samples on SCANS in their order, those that somebody else published left out. */
  scans: readonly string[];
  /** Place of each on SCANS. */
  places: Readonly<Record<string, number>>;
  /** Samples of the archive whose bytes are whole. */
  archived: readonly string[];
  /** Samples on SCANS that are to be trained on. */
  trainingSamples: number;
  /** Hash of each version's weights, by name. */
  versions: Readonly<Record<string, string>>;
  /** Hash of each tensor part of the newest checkpoint. */
  checkpoint: Readonly<Record<string, string>>;
  /** Rows that had their effect in the last complete epoch, and over all epochs. */
  appliedRows: number;
  samples: number;
  steps: number;
  /** Messages that nobody will take. */
  leftover: Readonly<Record<'BATCHES' | 'BATCH_REQUESTS', number>>;
  deadLetters: number;
}

interface Manifest {
  completedLedger: { appliedRows: number; droppedRows: number } | null;
  progress: { step: number; samples: number };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export async function readFindings(bus: Bus, archiveFolder: string, signal: AbortSignal): Promise<Findings> {
  const scans: string[] = [];
  let trainingSamples = 0;
  const places: Record<string, number> = {};
  for await (const { sampleId, split, label, sequence } of followScans(bus, { signal, storedOnly: true })) {
    if (sampleId === '') continue;
    scans.push(sampleId);
    places[sampleId] = sequence;
    if (split === 'SPLIT_TRAIN' && label !== '') trainingSamples++;
  }
  const loaded = await new CheckpointStore(bus).load(RUN);
  const manifest = loaded?.checkpoint.manifest as unknown as Manifest | undefined;
  const stats = await bus.stats();
  return {
    scans,
    places,
    archived: await wholeSamples(archiveFolder, signal),
    trainingSamples,
    versions: Object.fromEntries(
      (await new Registry(bus).list())
        .filter(({ run }) => run === RUN)
        .map(({ version, weightsHash }) => [version, weightsHash]),
    ),
    checkpoint: Object.fromEntries(
      Object.entries(loaded?.checkpoint.parts ?? {}).map(([name, bytes]) => [name, sha256(bytes)]),
    ),
    appliedRows: manifest?.completedLedger?.appliedRows ?? 0,
    samples: manifest?.progress.samples ?? 0,
    steps: manifest?.progress.step ?? 0,
    leftover: { BATCHES: stats.BATCHES.messages, BATCH_REQUESTS: stats.BATCH_REQUESTS.messages },
    deadLetters: stats.DEAD.messages,
  };
}

async function wholeSamples(folder: string, signal: AbortSignal): Promise<string[]> {
  const archive = new SampleArchive(await openObjectStore(folder));
  const whole: string[] = [];
  for await (const { sampleId } of archive.list(signal)) {
    // Loading compares the image with its hash.
    if (await archive.load(sampleId, signal).then(Boolean, () => false)) whole.push(sampleId);
  }
  await archive.close();
  return whole.sort();
}
