import os from 'node:os';
import { abortable, timeLimit } from '#libs/async';
import type { ImageWorkerPool } from '#libs/imaging';
import type { Precision } from '#libs/nn';
import type { ModelCard } from '#libs/registry';
import { canRestoreNiceness } from '#libs/threads';
import { ModelThread } from './model-thread.js';
import { warmUpBatchSizes } from './self-check.js';
import { checkCard } from './servable-card.js';
import { Servable, type BatchingOptions } from './servable.js';

/** How versions are loaded, and how they batch then. */
export interface LoadOptions extends BatchingOptions {
  natsUrl: string;
  pool: Pick<ImageWorkerPool, 'warmUp'>;
  /** Undefined: one per core. */
  engineThreads: number | undefined;
  /** 'auto': as the card's recipe says, as far as the engine can. */
  precision: 'auto' | Precision;
  /** Whether another version answers meanwhile: then loading gives way to it. Default: no. */
  besideLive?: boolean;
  /** Thread and engine give way to everything else on the machine, also when the version is ready. Default false. */
  lowPriority?: boolean;
  /** Told of every run of the network. */
  onBatch?: (version: string, batchSize: number, runMs: number) => void;
}

/** Start, load and warm-up together; a version that takes longer is given up. */
const LOAD_TIMEOUT_MS = 180_000;
/**
 * Added to the nice value while a version is loaded beside another: on a busy core it gets about a tenth of the time,
 * on an idle one all of it.
 */
const LOAD_NICENESS = 10;
const LOWEST_PRIORITY_NICENESS = 19;

/**
 * Fetches, verifies, loads, warms and checks a version. Nothing is left running when it fails.
 *
 * @throws MODEL_INVALID for a version that must not serve; ENGINE_FAILED, ENGINE_UNAVAILABLE and bus errors for trouble
 * that is not the version's; CANCELLED when `signal` aborts, DEADLINE_EXCEEDED when it takes too long
 */
export async function loadServable(card: ModelCard, options: LoadOptions, signal: AbortSignal): Promise<Servable> {
  const startedMs = performance.now();
  const { network, transform: spec } = checkCard(card);
  const transform = { hash: card.transformHash, spec };
  const { loadNiceness, servingNiceness } = nicenessOf(options);
  const thread = new ModelThread(card.version, { loadNiceness });

  const load = async (): Promise<Servable> => {
    await thread.fetch(options.natsUrl, card);
    await thread.startEngine(options.engineThreads);
    const precision = options.precision === 'auto' ? recipePrecision(card) : options.precision;
    const batchSizes = warmUpBatchSizes(options.maxBatchSize, options.preferredBatchSizes);
    const [engine] = await Promise.all([
      thread.load({ network, precision, batchSizes, servingNiceness }),
      options.pool.warmUp(transform),
    ]);
    return new Servable({ card, transform, engine, loadMs: performance.now() - startedMs, thread }, options);
  };

  try {
    // The thread's end settles what is left of the work.
    using limit = timeLimit(signal, LOAD_TIMEOUT_MS);
    return await abortable(load(), limit.signal);
  } catch (error) {
    await thread.end();
    throw error;
  }
}

/** Nice values while a version is loaded and once it serves; undefined: as the process. */
function nicenessOf({ lowPriority, besideLive }: Pick<LoadOptions, 'lowPriority' | 'besideLive'>): {
  loadNiceness: number | undefined;
  servingNiceness: number | undefined;
} {
  if (lowPriority) return { loadNiceness: LOWEST_PRIORITY_NICENESS, servingNiceness: undefined };
  if (!besideLive || !canRestoreNiceness()) return { loadNiceness: undefined, servingNiceness: undefined };
  const servingNiceness = os.getPriority();
  return { loadNiceness: Math.min(servingNiceness + LOAD_NICENESS, LOWEST_PRIORITY_NICENESS), servingNiceness };
}

/** The precision the version was trained and judged with. */
function recipePrecision({ recipe: { precision } }: ModelCard): 'auto' | Precision {
  return precision === 'bfloat16' || precision === 'auto' ? 'auto' : 'float32';
}
