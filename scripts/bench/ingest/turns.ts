import { encodeImage, PHANTOM_CLASSES, renderPhantom, withChannels } from '#libs/imaging';
import { SulcusError } from '#libs/errors';
import { createClient } from '#libs/rpc';
import { median, percentile } from '../measure.js';
import { processorMs } from '../processes.js';
import type { IngestBenchOptions } from './options.js';
import type { IngestParty } from './party.js';

/** What a party did in one turn. */
interface Turn {
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
  /** Of ingest, its broker and the client. */
  readonly processorMs: number;
}

export interface PartyResult {
  readonly party: IngestParty['name'];
  /** On disk; median of the turns. */
  readonly imagesPerSecond: number;
  /** 10^6 bytes of image files; median of the turns. */
  readonly megabytesPerSecond: number;
  /** From sending an image to its acknowledgement, over all turns. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** Of ingest, its broker and the client: what other work on the machine changes least. */
  readonly processorMsPerImage: number;
  /** Images a second of each turn. */
  readonly turns: readonly number[];
}

/** As the brain tumour data set has them: 512 px, about 28 kB. */
const JPEG_QUALITY = 65;
const START_TIMEOUT_MS = 60_000;

/** Different images of different patients. */
export async function renderImages({ images, size }: Pick<IngestBenchOptions, 'images' | 'size'>): Promise<Buffer[]> {
  const rendered: Buffer[] = [];
  for (let patient = 0; patient < images; patient++) {
    const of = PHANTOM_CLASSES[patient % PHANTOM_CLASSES.length]!;
    const pixels = withChannels(renderPhantom({ class: of, seed: 1, size, patient }), 3);
    rendered.push(await encodeImage(pixels, 'jpeg', { quality: JPEG_QUALITY }));
  }
  return rendered;
}

/** All parties in turns, each alone; one turn before the first is not counted. */
export async function measureTurns(
  parties: readonly IngestParty[],
  images: readonly Buffer[],
  { rounds, callers }: Pick<IngestBenchOptions, 'rounds' | 'callers'>,
): Promise<PartyResult[]> {
  const turns: Turn[][] = parties.map(() => []);
  for (let round = -1; round < rounds; round++)
    for (const [index, party] of parties.entries()) {
      const turn = await takeTurn(party, images, callers);
      if (round >= 0) turns[index]!.push(turn);
    }
  const bytes = images.reduce((sum, { length }) => sum + length, 0);
  return parties.map(({ name }, index) => summarise(name, turns[index]!, images.length, bytes));
}

/** Uploads everything once, so many at a time, looks whether it is there, and deletes it. */
async function takeTurn(party: IngestParty, images: readonly Buffer[], callers: number): Promise<Turn> {
  const { address, security, bus, broker, services } = party;
  const pids = [process.pid, ...[broker, ...services].map(({ pid }) => pid!)];
  using client = createClient('Ingest', address, {
    connectTimeoutMs: START_TIMEOUT_MS,
    ...(security && { security }),
  });
  const latenciesMs: number[] = [];
  let next = 0;
  const uploads = async (): Promise<void> => {
    let sentMs = 0;
    let stored: (() => void) | undefined;
    async function* oneByOne() {
      while (next < images.length) {
        const number = next++;
        const acknowledged = new Promise<void>((resolve) => (stored = resolve));
        sentMs = performance.now();
        yield { image: images[number]!, name: `${number}.jpg`, label: 'glioma', patientId: `patient ${number}` };
        await acknowledged;
      }
    }
    for await (const { outcome, errorCode } of client.uploadImagesAcked(oneByOne())) {
      latenciesMs.push(performance.now() - sentMs);
      if (outcome !== 'OUTCOME_INGESTED') throw new SulcusError('INTERNAL', `An image was not taken in: ${errorCode}`);
      stored?.();
    }
  };
  const beforeMs = processorMs(pids);
  const startMs = performance.now();
  await Promise.all(Array.from({ length: callers }, uploads));
  const turn = {
    seconds: (performance.now() - startMs) / 1000,
    latenciesMs,
    processorMs: processorMs(pids) - beforeMs,
  };
  const { messages } = await bus.statsOf('SCANS');
  if (messages !== images.length)
    throw new SulcusError('INTERNAL', `${messages} of ${images.length} images are stored`);
  await bus.deleteSubject('SCANS', 'scan.>');
  return turn;
}

function summarise(party: IngestParty['name'], turns: readonly Turn[], images: number, bytes: number): PartyResult {
  const latencies = turns.flatMap(({ latenciesMs }) => latenciesMs);
  const perSecond = turns.map(({ seconds }) => images / seconds);
  return {
    party,
    imagesPerSecond: median(perSecond),
    megabytesPerSecond: median(turns.map(({ seconds }) => bytes / seconds / 1e6)),
    latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
    processorMsPerImage: turns.reduce((sum, each) => sum + each.processorMs, 0) / (images * turns.length),
    turns: perSecond,
  };
}

/** Throughput of the second party over that of the first, turn by turn: median. Undefined for one party alone. */
export function ratioOf([plain, secured]: readonly PartyResult[]): number | undefined {
  if (!plain || !secured) return undefined;
  return median(secured.turns.map((perSecond, turn) => perSecond / plain.turns[turn]!));
}

/** Processor time of the first party over that of the second. Undefined for one party alone. */
export const processorRatioOf = ([plain, secured]: readonly PartyResult[]): number | undefined =>
  plain && secured && plain.processorMsPerImage / secured.processorMsPerImage;
