import { z } from 'zod';
import { SulcusError } from '#libs/errors';
import { getModel, listModels } from '../models/index.js';
import { optimizerSchema } from '../optimizers/index.js';

const sizePx = z.int().min(1).max(4096);

/** Shape of a recipe file. Unknown keys are mistakes: a misspelt setting must not be ignored. */
const recipeSchema = z
  .strictObject({
    /** Lower-case words joined by '-'. */
    name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by "-"'),
    /** A sentence for people. */
    description: z.string().optional(),
    /** A network of the zoo. */
    architecture: z.string().refine((name) => listModels().includes(name), { error: (issue) => `there is no model ${JSON.stringify(issue.input)}; known: ${listModels().join(', ')}` }),
    /** Size of the images the network sees. */
    input: z.strictObject({ height: sizePx, width: sizePx, channels: z.union([z.literal(1), z.literal(3)]) }),
    /** `auto`: bfloat16 where the processor computes in it, else float32. */
    precision: z.enum(['auto', 'float32', 'bfloat16']),
    optimizer: optimizerSchema,
    /** Images per step. */
    batchSize: z.int().min(1).max(4096),
    /** Most passes over the training split. */
    epochs: z.int().min(1).max(100_000),
    /** Stop after `patience` validations in a row without a lower validation loss; null: never. */
    earlyStopping: z.strictObject({ patience: z.int().min(1) }).nullable(),
    /** Name or specification of the image transform (see libs/imaging). */
    transform: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
    /** Determines initial weights, order of samples and every augmentation. */
    seed: z.int().nonnegative(),
  })
  .superRefine(({ architecture, input }, context) => {
    if (!listModels().includes(architecture)) return;
    const { minimumInputPx } = getModel(architecture);
    for (const side of ['height', 'width'] as const) {
      if (input[side] < minimumInputPx) context.addIssue({ code: 'custom', path: ['input', side], message: `must be at least ${minimumInputPx} for ${architecture}` });
    }
  });

/** All that determines a training, the data apart. */
export type Recipe = Readonly<z.infer<typeof recipeSchema>>;

/**
 * Checks a recipe, for example one read from a JSON file.
 * @throws INVALID_CONFIG with every mistake, one per line and in details.mistakes
 */
export function parseRecipe(candidate: unknown): Recipe {
  const parsed = recipeSchema.safeParse(candidate);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message));
  throw new SulcusError('INVALID_CONFIG', `The recipe cannot be used:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`, { details: { mistakes } });
}

/** The number format to train in, given what the engine's processor is good at. */
export const resolvePrecision = (precision: Recipe['precision'], engine: { readonly bf16: boolean }): 'float32' | 'bfloat16' =>
  precision === 'auto' ? (engine.bf16 ? 'bfloat16' : 'float32') : precision;
