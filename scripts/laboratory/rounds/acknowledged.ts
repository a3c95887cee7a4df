import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectBus, Streams, subjects, writeScanHeaders, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { createRandom, type Random } from '#libs/random';
import { brokerReady, choosePort, createBroker, type SupervisedProcess } from '#services/cli';
import type { OwnRound } from '../faults/fault.js';
import type { RoundOutcome } from '../outcome.js';
import { LoopDisk } from '../stand/loop-disk.js';
import { sendSignal } from '../stand/process-table.js';

/** NATS's own default; what the launcher sets is `always`. */
const DEFAULT_SYNC = '"2m"';
const TOGETHER = 16;
const STARTING_TIMEOUT_MS = 30_000;

interface Cut {
  acknowledged: number;
  lost: number;
  /** From the broker's start on the disk that is back to its answering. */
  recoverySeconds: number;
}

/**
 * A sender stores images as ingest does and remembers which were acknowledged; the machine's power goes; what was
 * acknowledged must be there. The same with NATS's default of syncing every two minutes must lose: else the test would
 * not see a loss.
 */
export const acknowledged: OwnRound = {
  name: 'acknowledged',
  description:
    'power loss while images are stored: all acknowledged ones are there; with the default sync they are not',
  onOneServer: true,
  unavailable: () => LoopDisk.unavailable(),
  round: async ({ seed, folder }) => {
    const startedMs = performance.now();
    const random = createRandom('acknowledged', seed);
    const afterMs = random.integer(1500, 3000);
    const problems: string[] = [];
    const ours = await powerCut(path.join(folder, 'always'), afterMs, random, undefined);
    const control = await powerCut(path.join(folder, 'default'), afterMs, random, DEFAULT_SYNC);
    if (ours.lost > 0) problems.push(`${ours.lost} of ${ours.acknowledged} acknowledged images are gone`);
    if (control.lost === 0) problems.push('the control with the default sync lost nothing: the test sees no loss');
    if (problems.length === 0) await rm(folder, { recursive: true, force: true });
    const outcome: RoundOutcome = {
      seed,
      faults: [{ kind: 'acknowledged', target: 'machine', recoverySeconds: ours.recoverySeconds }],
      lost: ours.lost,
      doubled: 0,
      wrong: 0,
      hung: false,
      requests: 0,
      failedPredictions: 0,
      isCompared: false,
      seconds: (performance.now() - startedMs) / 1000,
      problems,
      note: `${ours.lost} of ${ours.acknowledged} lost, control ${control.lost} of ${control.acknowledged}`,
    };
    return outcome;
  },
};

async function powerCut(folder: string, afterMs: number, random: Random, sync: string | undefined): Promise<Cut> {
  using disk = new LoopDisk(folder);
  let broker = await startBroker(disk, folder, sync);
  const sent = new Map<string, true>();
  const stop = new AbortController();
  // Every image under way listens to it.
  setMaxListeners(0, stop.signal);
  try {
    const sending = send(broker.bus, random, sent, stop.signal);
    await sleep(afterMs);
    disk.cutPower();
    stop.abort();
    await endAbruptly(broker);
    await sending;
    disk.unmount();
    disk.mount();
    const startedMs = performance.now();
    broker = await startBroker(disk, folder, sync);
    const recoverySeconds = (performance.now() - startedMs) / 1000;
    const there = await storedSamples(broker.bus);
    return { acknowledged: sent.size, lost: [...sent.keys()].filter((id) => !there.has(id)).length, recoverySeconds };
  } finally {
    await endAbruptly(broker);
  }
}

interface Broker {
  process: SupervisedProcess;
  bus: Bus;
}

async function startBroker(disk: LoopDisk, folder: string, sync: string | undefined): Promise<Broker> {
  const port = await freePort();
  const plan = { folder: path.join(disk.folder, 'nats'), logFile: path.join(folder, 'nats.log'), port };
  const process = await createBroker({ ...plan, monitorPort: await freePort() });
  if (sync !== undefined) {
    const file = path.join(plan.folder, 'nats.conf');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/sync_interval: .*/, `sync_interval: ${sync}`));
  }
  process.start();
  await brokerReady(process, port, AbortSignal.timeout(STARTING_TIMEOUT_MS));
  const bus = await connectBus({ servers: `nats://127.0.0.1:${port}`, name: 'ingest' });
  // What the control lacks is what services refuse to work with: the streams are made all the same.
  await bus.ensureTopology({ maxBytes: { SCANS: 5e8, BLOBS: 2e8, PREDICTION_INPUTS: 1e8 } });
  return { process, bus };
}

async function endAbruptly({ process, bus }: Broker): Promise<void> {
  const { pid } = process;
  const stopped = process.stop(0);
  if (pid !== undefined) sendSignal(pid, 'SIGKILL');
  await stopped;
  await bus.drain();
}

/** Stores images of 2 to 20 kB, several at once, until it is stopped or the broker fails. */
async function send(bus: Bus, random: Random, sent: Map<string, true>, signal: AbortSignal): Promise<void> {
  const worker = async (): Promise<void> => {
    while (!signal.aborted) {
      const bytes = Buffer.alloc(random.integer(2000, 20_000), random.integer(0, 255));
      bytes.writeDoubleLE(random.uniform(), 0);
      const sampleId = createHash('sha256').update(bytes).digest('hex');
      const scan = { sampleId, site: 'laboratory', split: 'SPLIT_TRAIN', label: 'glioma', format: 'png' } as const;
      const image = await bus.toPayload(bytes);
      try {
        await bus.publish(
          subjects.scan(scan.site, sampleId),
          codecs.Scan,
          { ...scan, source: 'power', image },
          {
            firstOnSubject: true,
            headers: writeScanHeaders(scan),
            signal,
          },
        );
        sent.set(sampleId, true);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker)).catch((error: unknown) => {
    if (!signal.aborted) throw SulcusError.from(error);
  });
}

/** Samples on SCANS whose bytes are those of their name. */
async function storedSamples(bus: Bus): Promise<Set<string>> {
  const there = new Set<string>();
  const signal = AbortSignal.timeout(60_000);
  for await (const { message } of bus.follow({ stream: Streams.SCANS, codec: codecs.Scan, storedOnly: true, signal })) {
    if (!message?.image) continue;
    const bytes = await bus.fromPayload(message.image);
    if (createHash('sha256').update(bytes).digest('hex') === message.sampleId) there.add(message.sampleId);
  }
  return there;
}

const freePort = (): Promise<number> => choosePort({ port: 0, explicit: false, purpose: 'the laboratory', option: '' });
