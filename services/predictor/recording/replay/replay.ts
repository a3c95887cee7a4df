import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Computation, PredictionRecord } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { ImageWorkerPool, type InputFormat, type TransformReference } from '#libs/imaging';
import type { Precision } from '#libs/nn';
import type { ModelCard } from '#libs/registry';
import { loadServable } from '../../servables/load-servable.js';
import type { Servable } from '../../servables/servable.js';
import type { Batched } from '../../serving/batcher.js';
import { MAX_VIEWS, viewsOf } from '../../studies/views.js';
import { computationOf } from '../computation.js';

/** A prediction made again. */
export interface Replayed {
  /** In the order of the record's classes. */
  probabilities: Float32Array;
  /** What computed them. */
  computation: Computation;
}

export interface ReplayOptions {
  record: PredictionRecord;
  /** Card of the version that answered. */
  card: ModelCard;
  /** The input's bytes. */
  input: Uint8Array;
  natsUrl: string;
  signal: AbortSignal;
}

/** The batch is complete long before. */
const BATCH_DELAY_MS = 60_000;

/**
 * Makes a prediction again by the predictor's own means: the version is fetched, checked, loaded and warmed as if it
 * were to serve, the input prepared as it was, and computed in the same place of a batch of the same size with the same
 * arithmetic. The other rows of the batch, which no kernel mixes in, are the same image.
 *
 * @throws HASH_MISMATCH when version, preparation or input are not those of the record; MODEL_INVALID; IMAGE_*; engine
 * and bus errors; CANCELLED by `signal`
 */
export async function replay({ record, card, input, natsUrl, signal }: ReplayOptions): Promise<Replayed> {
  assertSame(record, card, input);
  const { precision, batchSize, batchRow, engineThreads } = record.computation!;
  const pool = new ImageWorkerPool({ threads: 1 });
  let servable: Servable | undefined;
  try {
    const options = {
      natsUrl,
      pool,
      engineThreads,
      precision: precision as Precision,
      maxBatchSize: batchSize,
      maxDelayMs: BATCH_DELAY_MS,
    };
    servable = await loadServable(card, options, signal);
    const image = { format: record.inputFormat as InputFormat, bytes: input };
    const { pixels } = await pool.prepareInput(preparationOf(record, servable), image, { signal });
    const row = (await predictBatch(servable, pixels, batchSize, signal))[batchRow]!;
    return { probabilities: row.result, computation: computationOf(servable.engine, row, engineThreads) };
  } finally {
    await servable?.close();
    await pool.close();
  }
}

/**
 * One batch of the same image, in the order of its rows: all are reserved first, so that none goes out without the
 * rest.
 */
async function predictBatch(
  servable: Servable,
  pixels: Uint8Array,
  batchSize: number,
  signal: AbortSignal,
): Promise<Batched<Float32Array>[]> {
  setMaxListeners(0, signal); // one per row is the normal case, not a leak
  const reservations = Array.from({ length: batchSize }, () => servable.reserve(signal));
  const rows = await Promise.all(reservations.map((reservation) => reservation.submit(pixels)));
  return rows.sort((left, right) => left.batchRow - right.batchRow);
}

/** What is about to be used must be what was used then, or its numbers say nothing. */
function assertSame(record: PredictionRecord, card: ModelCard, input: Uint8Array): void {
  const inputHash = createHash('sha256').update(input).digest('hex');
  const facts: Fact[] = [
    ['the weights', record.modelHash, card.weightsHash],
    ['the class names', JSON.stringify(record.classNames), JSON.stringify(card.classes)],
    ['the input', record.sampleId, inputHash],
  ];
  assertEqual(record, facts);
}

/** The version's own transform, or the view of test-time augmentation that the record names. */
function preparationOf(record: PredictionRecord, { transform }: Servable): TransformReference {
  const preparation = viewsOf(transform, MAX_VIEWS).find(({ hash }) => hash === record.transformHash) ?? transform;
  assertEqual(record, [['the preparation', record.transformHash, preparation.hash]]);
  return preparation;
}

type Fact = readonly [what: string, recorded: string, actual: string];

function assertEqual(record: PredictionRecord, facts: readonly Fact[]): void {
  const others = facts.filter(([, recorded, actual]) => recorded !== actual);
  if (others.length === 0) return;
  const differences = others.map(([what, recorded, actual]) => `${what} (${actual} instead of ${recorded})`);
  throw new SulcusError(
    'HASH_MISMATCH',
    `Prediction ${record.predictionId} was not made with this: other than in its record are ${differences.join(', ')}`,
    { details: { differences } },
  );
}
