import { z } from 'zod';

const count = (most: number): z.ZodInt => z.int().min(1).max(most);

/** How a recipe learns in `stream` mode. Everything has a default. */
export const streamSchema = z.strictObject({
  /**
   * Samples learned again with each new one: a step's batch is one new sample with so many replayed ones, or several
   * such groups. `batchSize` must be a multiple of one more than this. Default: `batchSize` − 1; 15 with `auto`.
   */
  replayedPerArrival: z.int().min(0).max(1023).optional(),
  /** Samples in the replay memory, shared out evenly over class and site. */
  memorySize: count(1_000_000).optional(),
  /** What the beginning is learned in: so many samples are waited for, and learned for so many epochs. */
  warmUp: z
    .strictObject({ samples: count(100_000).optional(), epochs: z.int().min(0).max(1000).optional() })
    .optional(),
  /** Share of itself that the average of the weights, which is what is offered, keeps in a step. */
  averageDecay: z.number().min(0).lt(1).optional(),
  /** New samples between two offers of the averaged weights. */
  roundArrivals: count(1_000_000).optional(),
  /** Samples of each held-out split that are kept, shared out evenly over the classes. */
  heldOutSize: count(100_000).optional(),
});

/** The settings with their defaults. */
export interface StreamSettings {
  readonly replayedPerArrival: number;
  readonly memorySize: number;
  readonly warmUp: { readonly samples: number; readonly epochs: number };
  readonly averageDecay: number;
  readonly roundArrivals: number;
  readonly heldOutSize: number;
}

/** Samples replayed with each new one where nobody says how large a batch is. */
const REPLAYED_WITH_AUTO = 15;

/**
 * What a recipe's stream mode does, defaults filled in. The defaults are those that came closest to learning from
 * everything at once: 15 replayed samples with each new one, at least 1,000 in the memory, the first samples in epochs,
 * a constant learning rate with averaged weights.
 */
export function streamSettings({
  batchSize,
  stream = {},
}: {
  batchSize: number | 'auto';
  stream?: z.infer<typeof streamSchema> | undefined;
}): StreamSettings {
  return {
    replayedPerArrival: stream.replayedPerArrival ?? (batchSize === 'auto' ? REPLAYED_WITH_AUTO : batchSize - 1),
    memorySize: stream.memorySize ?? 1000,
    warmUp: { samples: stream.warmUp?.samples ?? 400, epochs: stream.warmUp?.epochs ?? 15 },
    averageDecay: stream.averageDecay ?? 0.99,
    roundArrivals: stream.roundArrivals ?? 200,
    heldOutSize: stream.heldOutSize ?? 1000,
  };
}

/** A batch must be made of whole groups of one new sample and those replayed with it. */
export function unevenGroups(batchSize: number, replayedPerArrival: number | undefined): string[] {
  const group = (replayedPerArrival ?? batchSize - 1) + 1;
  if (batchSize % group === 0) return [];
  return [
    `stream.replayedPerArrival: batchSize ${batchSize} is no multiple of ${group}, a new sample and those replayed`,
  ];
}
