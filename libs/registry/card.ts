import { z } from 'zod';
import { SulcusError } from '#libs/errors';

const blobRef = z.object({
  /** SHA-256 of the content, lower-case hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.number().int().nonnegative(),
  chunkCount: z.number().int().nonnegative(),
});

const classCounts = z.record(z.string(), z.number().int().nonnegative());

const gateMetrics = z.object({
  /** Which split the samples are of: `gate`, or `validation` where there were no gate samples. */
  split: z.enum(['gate', 'validation']),
  /** Samples that were answered. */
  samples: z.number().int().nonnegative(),
  classCounts,
  /** Names the set: SHA-256 over the ids of its samples and their classes, lower-case hexadecimal. */
  sampleSetHash: z.string(),
  /** Comparisons made on this very set, this one included; 0: there was nothing to compare with. */
  looks: z.number().int().nonnegative(),
  /** Mean cross-entropy, nats. */
  loss: z.number(),
  /** Fraction, 0-1. */
  accuracy: z.number(),
  /** Expected calibration error at the version's temperature, 0-1. */
  calibrationError: z.number(),
  /** What was decided, in a sentence with the figures. */
  reason: z.string(),
  /** True where it would have been promoted, and the alias was frozen. */
  frozen: z.boolean().optional(),
  /** The version it was compared with, and what came of it. Absent when there was none that can be compared. */
  comparison: z
    .object({
      version: z.string(),
      /** Accuracy minus that of the other version, with its 95 % interval. */
      difference: z.number(),
      interval: z.tuple([z.number(), z.number()]),
      /** One-sided exact McNemar. */
      pValue: z.number(),
    })
    .optional(),
});

/** What a card says of the gate. */
export type GateMetrics = z.infer<typeof gateMetrics>;

const modelCard = z.object({
  /** `<run>-<six digits>`, for example "main-000042". */
  version: z.string(),
  run: z.string(),
  architecture: z.string(),
  /** What follows the network's features, as libs/nn names it; absent: the network's own classifier. */
  head: z.string().optional(),
  /** Class names in the order of the network's outputs. */
  classes: z.array(z.string()).readonly(),
  /** What the network takes: uint8 pixels, [height, width, channels]; normalising is its first op. */
  input: z.object({
    height: z.number().int().positive(),
    width: z.number().int().positive(),
    channels: z.number().int().positive(),
    range: z.tuple([z.literal(0), z.literal(255)]),
    /** Per channel, on the 0-1 scale. */
    normalize: z.object({ mean: z.array(z.number()).readonly(), std: z.array(z.number()).readonly() }),
  }),
  /** Preprocessing, as libs/imaging specifies it: trainer and predictor build theirs from here. */
  transform: z.record(z.string(), z.unknown()),
  transformHash: z.string(),
  recipe: z.record(z.string(), z.unknown()),
  seed: z.number(),
  /**
   * How its figures were measured, where that is not how it serves, which reproductions alone ask for: hash of the
   * transform with the normalisation that was used, and whether dropout dropped.
   */
  evaluation: z.object({ transformHash: z.string(), dropout: z.boolean() }).optional(),
  /** Images of a step, where the recipe leaves it open, and why so many. */
  batchSize: z.object({ size: z.number().int().positive(), reason: z.string() }).optional(),
  /** Version that the same course of training published before this one: its weights led to these. */
  parent: z.string().optional(),
  step: z.number().int().nonnegative(),
  /** Epoch, from 0. */
  pass: z.number().int().nonnegative(),
  samplesSeen: z.number().int().nonnegative(),
  /** Which scans had their effect on the weights. */
  lineage: z.object({
    scanSequences: z.object({ first: z.number(), last: z.number(), count: z.number() }),
    ledgerHash: z.string(),
    /** Where the list of the samples ends (libs/lineage): absent in cards from before it was kept, and of none. */
    segment: z.object({ hash: z.string(), number: z.number().int().positive() }).optional(),
  }),
  /** loss: mean cross-entropy; accuracy: fraction, 0-1; sampleSetHash: which labelled samples these were. */
  metrics: z.object({
    validation: z.object({
      loss: z.number(),
      accuracy: z.number(),
      samples: z.number(),
      sampleSetHash: z.string().optional(),
      /** Samples of each class, by name. Absent in cards from before they were counted. */
      classCounts: classCounts.optional(),
    }),
    /** On the samples that promotion was judged on. Absent in cards from before there was a gate. */
    gate: gateMetrics.optional(),
  }),
  /**
   * Temperature that the probabilities are served at, fitted on the validation split (libs/calibration). `metrics` are
   * those of the answers without it.
   * Absent: not calibrated; with a `reason`: a fit was tried and not trusted.
   */
  calibration: z
    .object({
      temperature: z.number().positive(),
      samples: z.number().int().nonnegative(),
      nllBefore: z.number(),
      nllAfter: z.number(),
      eceBefore: z.number(),
      eceAfter: z.number(),
      reason: z.string().optional(),
    })
    .optional(),
  /** Absent: the version keeps its card without its weights, for it was declined. */
  weights: blobRef.optional(),
  /** SHA-256 of the weights file, kept or not. */
  weightsHash: z.string(),
  optimizer: blobRef.optional(),
  parameterCount: z.number().int().nonnegative(),
  createdUnixMs: z.number(),
  /** Span that published the version: predictions link to it. */
  traceparent: z.string().optional(),
  codeVersion: z.string(),
  /** By whom the rest of the card is signed (see TrustedKeys); absent: by nobody. */
  signature: z.object({ keyId: z.string(), value: z.string() }).optional(),
  /** What computed the weights, for example `CPU:0`; absent in cards from before several could. */
  devices: z.array(z.string()).readonly().optional(),
});

/** Everything that must be known to use a version, and to say where it came from. Never changes once published. */
export type ModelCard = z.infer<typeof modelCard>;

/** A card before its version has a number and its content is stored. */
export type ModelCardDraft = Omit<
  ModelCard,
  'version' | 'weights' | 'weightsHash' | 'optimizer' | 'createdUnixMs' | 'signature'
>;

/** Whether a version kept its weights: one without can be looked at, and neither served nor promoted. */
export const hasWeights = (card: ModelCard): card is ModelCard & { weights: NonNullable<ModelCard['weights']> } =>
  card.weights !== undefined;

export const encodeCard = (card: ModelCard): Buffer => Buffer.from(JSON.stringify(card));

/** Throws MODEL_INVALID naming every field that is wrong. */
export function decodeCard(version: string, bytes: Buffer): ModelCard {
  const parsed = modelCard.safeParse(parseJson(bytes));
  if (parsed.success) return parsed.data;
  throw new SulcusError('MODEL_INVALID', `The card of ${version} is not valid: ${z.prettifyError(parsed.error)}`, {
    details: { version },
  });
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** Number of a version within its run, from 1. */
export const versionNumber = (version: string): number => Number(version.slice(version.lastIndexOf('-') + 1));

/** Name of a version of a run. */
export const versionName = (run: string, number: number): string => `${run}-${String(number).padStart(6, '0')}`;
