import { SulcusError } from '#libs/errors';
import type { Recipe } from '#libs/nn';

/** What a training that has diverged fails with. */
const REASONS: readonly unknown[] = ['non-finite-loss', 'non-finite-weights'];

/** The same failure with what to do about it, if a training failed because it diverged; else as it is. */
export function explainDivergence(error: unknown, { optimizer }: Pick<Recipe, 'optimizer'>): unknown {
  const { code, rawMessage, details } = SulcusError.from(error);
  if (!REASONS.includes(details['reason'])) return error;
  const advice =
    `lower the learning rate, ${optimizer.learningRate} now (optimizer.learningRate of the recipe, or ` +
    'SULCUS_LEARNING_RATE), and begin another run (SULCUS_RUN, sulcus up --run): a run keeps its settings';
  return new SulcusError(code, `${rawMessage}; ${advice}`, { cause: error, details });
}
