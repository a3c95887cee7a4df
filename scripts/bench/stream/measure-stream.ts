import { openObjectStore, SampleArchive } from '#libs/archive';
import { followScans, type Bus } from '#libs/bus';
import { CheckpointStore } from '#libs/registry';
import { residentBytes } from '../serve/process-tree.js';
import { LearnedReports } from './learned.js';
import type { StreamBenchOptions } from './options.js';
import { Sender } from './sender.js';
import { RUN, type StreamStack } from './stack.js';

/** What an image costs, over those since the checkpoint before. */
export interface StreamCheckpoint {
  /** Images sent so far. */
  readonly arrivals: number;
  /** Images that training steps went over, replayed ones included, for each sent. */
  readonly sampleStepsPerArrival: number;
  readonly msPerArrival: number;
  /** Into the broker and out of it. */
  readonly brokerBytesPerArrival: number;
  /** Memory of trainer and engine. */
  readonly trainerRssBytes: number;
  readonly checkpointBytes: number;
  /** From a `kill -9` of the trainer to the report of the first step that it takes again. */
  readonly restartMs: number;
  /** To the first step behind all before: those since the last checkpoint are taken once more. */
  readonly regainedMs: number;
}

export interface StreamBenchResult {
  readonly arrivals: number;
  readonly checkpoints: readonly StreamCheckpoint[];
  readonly scansPeakBytes: number;
  readonly scansLimitBytes: number;
  readonly refused: number;
  readonly archived: number;
  /** Images that were accepted and are neither in the broker nor in the archive, or not as they were sent. */
  readonly lost: number;
}

const POLL_MS = 500;
const LEARNING_TIMEOUT_MS = 3_600_000;
const RESTART_TIMEOUT_MS = 120_000;
/** Images sent behind a restart, so that there is something to learn. */
const RESTART_IMAGES = 200;
/** What is sent before the first figure at least: the first images, learned in epochs, are not the stream. */
const LEAD_IN = 600;
/** An image with what the broker adds takes about so many bytes more than its file. */
const MESSAGE_BYTES = 600;

/** Sends the images and takes the figures at powers of ten and at the end. */
export async function measureStream(stack: StreamStack, options: StreamBenchOptions): Promise<StreamBenchResult> {
  const stop = new AbortController();
  const reports = new LearnedReports(stack.bus, stop.signal);
  const sender = new Sender(stack.bus, reports, options);
  const scans = watchScans(stack.bus);
  try {
    let sent = Math.max(LEAD_IN, fillingImages(options));
    await sender.send(0, sent);
    await learned(reports, sender);
    const checkpoints: StreamCheckpoint[] = [];
    for (const upTo of checkpointsOf(options.arrivals)) {
      const before = await snapshot(stack, reports);
      const [first, arrivals] = [sent, sent + upTo - (checkpoints.at(-1)?.arrivals ?? 0)];
      await sender.send(first, arrivals);
      await learned(reports, sender);
      const after = await snapshot(stack, reports);
      sent = arrivals;
      const count = arrivals - first;
      const restarted = await restart(stack, reports, () => sender.send(sent, (sent += RESTART_IMAGES)));
      checkpoints.push({
        arrivals: upTo,
        sampleStepsPerArrival: (after.samples - before.samples) / count,
        msPerArrival: (after.atMs - before.atMs) / count,
        brokerBytesPerArrival: (after.brokerBytes - before.brokerBytes) / count,
        trainerRssBytes: residentBytes(stack.trainer.pid!),
        checkpointBytes: await checkpointBytes(stack.bus),
        ...restarted,
      });
      await learned(reports, sender);
    }
    const { peakBytes, limitBytes } = await scans.end();
    return {
      arrivals: sent,
      checkpoints,
      scansPeakBytes: peakBytes,
      scansLimitBytes: limitBytes,
      refused: sender.refused,
      ...(await account(stack, sender.accepted)),
    };
  } finally {
    await scans.end();
    stop.abort();
  }
}

/** Images that fill the SCANS stream: from then on one leaves for each that comes. */
const fillingImages = ({ limit, size }: StreamBenchOptions): number =>
  Math.ceil((limit * 1e6) / (size * size + MESSAGE_BYTES));

/** Powers of ten from 1,000 and the end. */
function checkpointsOf(arrivals: number): number[] {
  const powers = Array.from({ length: 8 }, (_, exponent) => 1000 * 10 ** exponent).filter((power) => power < arrivals);
  return [...powers, arrivals];
}

const learned = (reports: LearnedReports, sender: Sender): Promise<void> =>
  reports.until(({ caughtUpWith }) => caughtUpWith >= sender.lastSequence, LEARNING_TIMEOUT_MS, 'all to be learned');

async function snapshot(
  { monitorUrl }: StreamStack,
  { latest }: LearnedReports,
): Promise<{ atMs: number; samples: number; brokerBytes: number }> {
  const varz = (await (await fetch(`${monitorUrl}/varz`)).json()) as { in_bytes: number; out_bytes: number };
  return { atMs: performance.now(), samples: latest.samples, brokerBytes: varz.in_bytes + varz.out_bytes };
}

async function restart(
  { trainer }: StreamStack,
  reports: LearnedReports,
  sendMore: () => Promise<void>,
): Promise<Pick<StreamCheckpoint, 'restartMs' | 'regainedMs'>> {
  const { step, instance } = reports.latest;
  process.kill(trainer.pid!, 'SIGKILL');
  const killedAtMs = performance.now();
  const sending = sendMore();
  await reports.until((now) => now.instance !== instance, RESTART_TIMEOUT_MS, 'a step after the restart');
  const restartMs = performance.now() - killedAtMs;
  await reports.until((now) => now.step > step, RESTART_TIMEOUT_MS, 'a step behind those before the restart');
  const regainedMs = performance.now() - killedAtMs;
  await sending;
  return { restartMs, regainedMs };
}

async function checkpointBytes(bus: Bus): Promise<number> {
  const loaded = await new CheckpointStore(bus).load(RUN);
  if (!loaded) return 0;
  const { manifest, parts } = loaded.checkpoint;
  const tensors = Object.values(parts).reduce((sum, part) => sum + part.length, 0);
  return tensors + JSON.stringify(manifest).length;
}

/** Fill of the SCANS stream over time. */
function watchScans(bus: Bus): { end(): Promise<{ peakBytes: number; limitBytes: number }> } {
  let peakBytes = 0;
  let limitBytes = 0;
  const look = async (): Promise<void> => {
    const { bytes, maxBytes } = (await bus.stats()).SCANS;
    peakBytes = Math.max(peakBytes, bytes);
    limitBytes = maxBytes;
  };
  const timer = setInterval(() => void look().catch(() => undefined), POLL_MS);
  return {
    end: async () => {
      clearInterval(timer);
      await look();
      return { peakBytes, limitBytes };
    },
  };
}

/** Looks for every accepted image where it must be, and compares its hash. */
async function account(
  { bus, archiveFolder }: StreamStack,
  accepted: ReadonlySet<string>,
): Promise<{ archived: number; lost: number }> {
  const missing = new Set(accepted);
  for await (const { sampleId } of followScans(bus, { signal: new AbortController().signal, storedOnly: true }))
    missing.delete(sampleId);
  const archive = new SampleArchive(await openObjectStore(archiveFolder));
  let archived = 0;
  for await (const { sampleId } of archive.list()) {
    // Loading compares the image with its hash.
    const isWhole = await archive.load(sampleId).then(Boolean, () => false);
    if (!isWhole) continue;
    archived++;
    missing.delete(sampleId);
  }
  return { archived, lost: missing.size };
}
