import { z } from 'zod';
import type { EngineInfo } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import { HEADS } from '../head.js';
import { listParameters } from '../initial-state.js';
import { getModel, listModels } from '../models/index.js';
import { optimizerSchema } from '../optimizers/index.js';
import { MIN_SHARD_ROWS } from '../programs/sharding.js';
import { scheduleSchema } from '../schedules/schedule.js';
import { assertFreezable } from '../training-config.js';
import { streamSchema, streamSettings, unevenGroups } from './stream-settings.js';

const sizePx = z.int().min(1).max(4096);
const architecture = z.string().refine((name) => listModels().includes(name), {
  error: (issue) => `there is no model ${JSON.stringify(issue.input)}; known: ${listModels().join(', ')}`,
});
const input = z.strictObject({ height: sizePx, width: sizePx, channels: z.union([z.literal(1), z.literal(3)]) });
const head = z.enum(HEADS);
const layers = z.array(z.string().min(1)).min(1).readonly();

/** Shape of a recipe file. Unknown keys are mistakes: a misspelt setting must not be ignored. */
const recipeSchema = z.strictObject({
  /** Lower-case words joined by '-'. */
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by "-"'),
  /** A sentence for people. */
  description: z.string().optional(),
  /** A network of the zoo. */
  architecture,
  /** What follows the network's features. Default: its own classifier. */
  head: head.optional(),
  /** Share of values the classifier drops in training, where it drops any. Default: the network's own. */
  dropout: z.number().min(0).lt(1).optional(),
  /** Size of the images the network sees. */
  input,
  /** `auto`: bfloat16 where the processor computes in it, else float32. */
  precision: z.enum(['auto', 'float32', 'bfloat16']),
  /**
   * Safetensors file that a new run begins with, relative to where the trainer runs (`sulcus weights import` writes
   * one). Default: drawn at random.
   */
  initialWeights: z.string().min(1).optional(),
  optimizer: optimizerSchema,
  /** How the learning rate changes; absent or null: it does not. */
  schedule: scheduleSchema.nullable().optional(),
  /** Weight of each class in the training loss, by class name. Default: all weigh the same. */
  classWeights: z.record(z.string().min(1), z.number().positive()).optional(),
  /** Share of the target spread evenly over all classes. Default 0. */
  labelSmoothing: z.number().min(0).lt(1).optional(),
  /** Layers that stay as they are: names of the state_dict or beginnings of them, such as `layer1`. Default: none. */
  frozenLayers: layers.optional(),
  /**
   * After the first epoch batch norm keeps its running statistics and dropout is off: an oddity of a reproduction.
   * Default false.
   */
  bnFrozenAfterFirstEpoch: z.boolean().optional(),
  /**
   * Validation images are augmented as those of training are: an oddity of a reproduction, for `epochs` mode alone.
   * Losses of validation, and what is decided and calibrated by them, are then of images that nobody asks about.
   * Default false.
   */
  augmentedValidation: z.boolean().optional(),
  /**
   * Evaluation leaves out the normalisation of training, pixels are fractions of 255: an oddity of a reproduction, for
   * `epochs` mode alone. Validation and gate are then not of the answers in service. Default false.
   */
  unnormalizedEvaluation: z.boolean().optional(),
  /**
   * Dropout drops in evaluation too, batch norm stays in inference mode: an oddity of a reproduction, for `epochs` mode
   * alone. Validation and gate are then not of the answers in service. Default false.
   */
  dropoutInEvaluation: z.boolean().optional(),
  /**
   * Versions whose figures are not of their answers in service, by one of the two above, may become champion all the
   * same. Default false.
   */
  championDespiteEvaluation: z.boolean().optional(),
  /**
   * When a version is published: at a lower validation loss, or at `every` validation, an oddity of a reproduction.
   * Default `improved`.
   */
  candidates: z.enum(['improved', 'every']).optional(),
  /**
   * Images per step. `auto`: chosen when a run begins, from memory and the number of images, and kept: a power of two
   * up to 256 that leaves an epoch 16 steps; in stream mode, and with shards, a multiple of what these need. The
   * learning rate stays as it is said.
   */
  batchSize: z.union([z.literal('auto'), z.int().min(1).max(4096)]),
  /**
   * Parts that a step's batch is cut into, each with batch norm statistics of its own, as torch's `DataParallel` has
   * them. The weights depend on this number, not on how many devices compute the shards. Default 1.
   */
  shards: z.int().min(1).max(64).optional(),
  /**
   * How shards are summed: `fixed-point` (default), the same bits on any number of devices, or `float32`, with less
   * work.
   */
  shardReduction: z.enum(['fixed-point', 'float32']).optional(),
  /**
   * `epochs`: a finite set, gone over again and again until it is learned. `stream`: each new sample is learned once
   * with a few replayed ones, at the same cost however much came before. Default: `epochs`, and `stream` where
   * `npm start` goes on learning from what arrives.
   */
  mode: z.enum(['epochs', 'stream']).optional(),
  /** How `stream` mode learns. */
  stream: streamSchema.optional(),
  /** Most epochs: passes over the training split. */
  epochs: z.int().min(1).max(100_000),
  /** Stop after `patience` validations in a row without a lower validation loss; null: never. */
  earlyStopping: z.strictObject({ patience: z.int().min(1) }).nullable(),
  /** Name or specification of the image transform (see libs/imaging). */
  transform: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
  /** Determines initial weights, order of samples, every augmentation and dropout. */
  seed: z.int().nonnegative(),
});

/** All that determines a training, the data apart. */
export type Recipe = Readonly<z.infer<typeof recipeSchema>>;

/** A recipe that leaves nothing open. */
export type SettledRecipe = Recipe & { readonly batchSize: number };

/** JSON Schema (draft 2020-12) of a recipe file. What its parts must agree on, {@link parseRecipe} checks besides. */
export function recipeJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(recipeSchema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === (architecture as unknown)) jsonSchema.enum = listModels();
    },
  });
  return { title: 'sulcus recipe', ...schema };
}

/**
 * A recipe with what it leaves to defaults in stream mode said, to be edited and given back. A mode that it leaves open
 * stays open.
 */
export const wholeRecipe = (recipe: Recipe): Recipe => ({ ...recipe, stream: streamSettings(recipe) });

/**
 * Checks a recipe, for example one read from a JSON file.
 * @throws INVALID_CONFIG with every mistake, one per line and in details.mistakes
 */
export function parseRecipe(candidate: unknown): Recipe {
  const parsed = recipeSchema.safeParse(candidate);
  const issues = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message));
  const mistakes = [...issues, ...contradictions(candidate), ...tooManyShards(candidate), ...streamMistakes(candidate)];
  if (parsed.success && mistakes.length === 0) return parsed.data;
  throw new SulcusError(
    'INVALID_CONFIG',
    `The recipe cannot be used:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`,
    { details: { mistakes } },
  );
}

const shardPart = z.object({ batchSize: z.int(), shards: z.int() });

/** What the parts of a recipe must agree on, as far as they are valid themselves. */
const networkPart = z.object({
  architecture,
  input,
  head: head.optional().catch(undefined),
  frozenLayers: layers.optional().catch(undefined),
});

function tooManyShards(candidate: unknown): string[] {
  const parsed = shardPart.safeParse(candidate);
  if (!parsed.success || parsed.data.shards === 1) return [];
  const { batchSize, shards } = parsed.data;
  const needed = shards * MIN_SHARD_ROWS;
  if (batchSize >= needed) return [];
  const wanted = `${shards} of at least ${MIN_SHARD_ROWS} images each need a batchSize of ${needed} or more`;
  return [`shards: ${wanted}, not ${batchSize}`];
}

const streamPart = z.object({ batchSize: z.int(), stream: streamSchema });

function streamMistakes(candidate: unknown): string[] {
  const parsed = streamPart.safeParse(candidate);
  return parsed.success ? unevenGroups(parsed.data.batchSize, parsed.data.stream.replayedPerArrival) : [];
}

function contradictions(candidate: unknown): string[] {
  const parsed = networkPart.safeParse(candidate);
  if (!parsed.success) return [];
  const { architecture, input, head, frozenLayers } = parsed.data;
  const { minimumInputPx } = getModel(architecture);
  const small = (['height', 'width'] as const)
    .filter((side) => input[side] < minimumInputPx)
    .map((side) => `input.${side}: must be at least ${minimumInputPx} for ${architecture}`);
  if (small.length > 0 || !frozenLayers) return small;
  const network = {
    architecture,
    classes: 2,
    input,
    normalize: { mean: [0], std: [1] },
    precision: 'float32',
    ...(head && { head }),
  } as const;
  try {
    assertFreezable({ frozenLayers }, listParameters(network), architecture);
    return [];
  } catch (error) {
    return (SulcusError.from(error).details['mistakes'] as string[]).map((mistake) => `frozenLayers: ${mistake}`);
  }
}

/** The number format of a network, given what the engine's device is good at. It serves in what it was trained in. */
export function resolvePrecision(
  precision: Recipe['precision'],
  { precision: { bf16 }, devices }: Pick<EngineInfo, 'precision' | 'devices'>,
  architecture?: string,
): 'float32' | 'bfloat16' {
  if (precision !== 'auto') return precision;
  const onProcessor = devices[0]?.startsWith('CPU') ?? true;
  const isSlow = onProcessor && architecture !== undefined && getModel(architecture).fasterInFloat32 === true;
  return bf16 && !isSlow ? 'bfloat16' : 'float32';
}
