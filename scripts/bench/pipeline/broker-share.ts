import { createHash, randomBytes } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { subjects, writeScanHeaders } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { startStack } from '../stack.js';
import type { PipelineBenchOptions } from './options.js';

export interface BrokerResult {
  imageBytes: number;
  /** Images stored a second through our bus: encoded, with headers and trace context. Median of the turns. */
  busPerSecond: number;
  /** The same bytes stored a second by the client that the bus is made of, bare. */
  rawPerSecond: number;
  /** The first over the second, turn by turn: median. */
  share: number;
}

const IMAGE_BYTES = 100_000;
const TOGETHER = 16;
/** A turn ends by time, so that a slow disk makes it no longer. */
const TURN_MS = 2000;

/** Stores images by turns in both ways, on the same broker: named by their hash, each once, whoever stores them. */
export async function measureBroker({ rounds }: PipelineBenchOptions): Promise<BrokerResult> {
  await using stack = await startStack({ name: 'broker', services: [], environment: async () => ({}) });
  const nats = await connect({ servers: stack.natsUrl });
  const raw = jetstream(nats);
  const viaBus = async (image: Buffer): Promise<void> => {
    const sampleId = nameOf(image);
    const scan = { sampleId, site: 'bench', split: 'SPLIT_TRAIN', label: 'glioma', format: 'jpeg' } as const;
    const message = { ...scan, source: 'bench', image: await stack.bus.toPayload(image) };
    const options = { firstOnSubject: true, headers: writeScanHeaders(scan) };
    await stack.bus.publish(subjects.scan(scan.site, sampleId), codecs.Scan, message, options);
  };
  const bare = async (image: Buffer): Promise<void> => {
    const headers = natsHeaders();
    headers.set('Nats-Expected-Last-Subject-Sequence', '0');
    await raw.publish(subjects.scan('raw', nameOf(image)), image, { headers });
  };
  try {
    await turn(viaBus);
    await turn(bare);
    const turns: { bus: number; raw: number }[] = [];
    for (let round = 0; round < rounds; round++) turns.push({ raw: await turn(bare), bus: await turn(viaBus) });
    return {
      imageBytes: IMAGE_BYTES,
      busPerSecond: median(turns.map(({ bus }) => bus)),
      rawPerSecond: median(turns.map((each) => each.raw)),
      share: median(turns.map((each) => each.bus / each.raw)),
    };
  } finally {
    await nats.close();
  }
}

/** Messages a second, several under way at a time. */
async function turn(store: (image: Buffer) => Promise<void>): Promise<number> {
  const noise = randomBytes(IMAGE_BYTES);
  let stored = 0;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: TOGETHER }, async () => {
      while (performance.now() - startedMs < TURN_MS) {
        const image = Buffer.from(noise);
        randomBytes(16).copy(image);
        await store(image);
        stored++;
      }
    }),
  );
  return (stored * 1000) / (performance.now() - startedMs);
}

const nameOf = (image: Buffer): string => createHash('sha256').update(image).digest('hex');

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
