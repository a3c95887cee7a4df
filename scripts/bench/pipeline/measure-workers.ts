import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Streams, subjects, writeScanHeaders, type Bus } from '#libs/bus';
import { codecs, type TrainingProgress } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { encodeImage, PHANTOM_CLASSES, renderPhantom } from '#libs/imaging';
import { startStack } from '../stack.js';
import type { PipelineBenchOptions } from './options.js';
import { pipelineRecipe } from './recipe.js';

export interface WorkersResult {
  workers: number;
  /** Trained on, over the measured time. */
  imagesPerSecond: number;
  /** Share of the trainer's time, 0-1, that it waited for batches. */
  inputStall: number;
}

const RUN = 'bench';
const START_TIMEOUT_MS = 90_000;
/** Workers start their threads and learn what they decode: not measured. */
const WARM_UP_MS = 5000;
/** Gives files of about 28 kB, like those of the brain tumour data set. */
const JPEG_QUALITY = 65;

/** Trains with so many workers of one thread each, and measures how fast. */
export async function measureWorkers(
  workers: number,
  images: readonly BenchImage[],
  seconds: number,
): Promise<WorkersResult> {
  await using stack = await startStack({
    name: 'pipeline',
    services: [...Array.from({ length: workers }, () => 'preprocess'), 'trainer'],
    environment: async (folder) => {
      const recipe = path.join(folder, 'recipe.json');
      await writeFile(recipe, JSON.stringify(pipelineRecipe()));
      return {
        SULCUS_RUN: RUN,
        SULCUS_CLASSES: PHANTOM_CLASSES.join(','),
        SULCUS_RECIPE: recipe,
        SULCUS_PREPROCESS_THREADS: '1',
        SULCUS_ENGINE_THREADS: '1',
        SULCUS_BATCH_CREDIT: String(4 * workers),
        // Every image is decoded anew: what is measured is the work of the workers, not their memory.
        SULCUS_CACHE_BYTES: '1',
        SULCUS_VALIDATE_EVERY: '1000000',
      };
    },
  });
  const stop = new AbortController();
  const progress = followProgress(stack.bus, stop.signal);
  try {
    await sendImages(stack.bus, images);
    await progress.until(({ samples }) => samples > 0, START_TIMEOUT_MS);
    await sleep(WARM_UP_MS);
    const before = progress.latest();
    await sleep(seconds * 1000);
    const after = progress.latest();
    const imagesPerSecond = ((after.samples - before.samples) * 1000) / (after.atMs - before.atMs);
    return { workers, imagesPerSecond, inputStall: after.stall };
  } finally {
    stop.abort();
  }
}

interface Seen {
  samples: number;
  stall: number;
  /** When the trainer said so, milliseconds since the Unix epoch. */
  atMs: number;
}

function followProgress(bus: Bus, signal: AbortSignal) {
  let seen: Seen = { samples: 0, stall: 0, atMs: 0 };
  let failure: unknown;
  const take = ({ samples, inputStallFraction }: TrainingProgress, atMs: number): void => {
    seen = { samples, stall: inputStallFraction, atMs };
  };
  const follow = async (): Promise<void> => {
    const subject = subjects.event('trainer');
    for await (const { message } of bus.follow({
      stream: Streams.EVENTS,
      subject,
      codec: codecs.PipelineEvent,
      signal,
    }))
      if (message?.training) take(message.training, message.timeUnixMs);
  };
  void follow().catch((error: unknown) => (failure = error));
  return {
    latest: (): Seen => seen,
    until: async (isSo: (seen: Seen) => boolean, timeoutMs: number): Promise<void> => {
      for (const deadlineMs = Date.now() + timeoutMs; !isSo(seen); await sleep(50)) {
        if (failure !== undefined && !signal.aborted) throw SulcusError.from(failure);
        if (Date.now() > deadlineMs) throw new SulcusError('DEADLINE_EXCEEDED', 'the trainer does not begin');
      }
    },
  };
}

/** An image as ingest stores it. */
export interface BenchImage {
  bytes: Buffer;
  label: string;
}

export async function drawImages({ images, size }: PipelineBenchOptions): Promise<BenchImage[]> {
  const drawn: BenchImage[] = [];
  for (let n = 0; n < images; n++) {
    const label = PHANTOM_CLASSES[n % PHANTOM_CLASSES.length]!;
    const phantom = renderPhantom({ class: label, seed: 1, size, patient: n });
    drawn.push({ label, bytes: await encodeImage(phantom, 'jpeg', { quality: JPEG_QUALITY }) });
  }
  return drawn;
}

/** Every tenth image is for validation, which training does not begin without. */
async function sendImages(bus: Bus, images: readonly BenchImage[]): Promise<void> {
  for (const [n, { bytes, label }] of images.entries()) {
    const sampleId = createHash('sha256').update(bytes).digest('hex');
    const split = n % 10 === 9 ? ('SPLIT_VALIDATION' as const) : ('SPLIT_TRAIN' as const);
    const scan = { sampleId, site: 'bench', split, label, format: 'jpeg', source: `bench ${n}` };
    const message = { ...scan, image: await bus.toPayload(bytes) };
    const headers = writeScanHeaders(scan);
    await bus.publish(subjects.scan(scan.site, sampleId), codecs.Scan, message, { firstOnSubject: true, headers });
  }
}
