import { z } from 'zod';
import { SulcusError } from '#libs/errors';
import { adam, adamw } from './adam.js';
import type { Optimizer, OptimizerConfig } from './optimizer.js';
import { sgd } from './sgd.js';

export type { Optimizer, OptimizerConfig } from './optimizer.js';

const OPTIMIZERS = { adam, adamw, sgd } as const satisfies Record<
  OptimizerConfig['name'],
  (config: OptimizerConfig) => Optimizer
>;

const decay = z.number().min(0).lt(1);
const common = { learningRate: z.number().positive(), weightDecay: z.number().nonnegative().optional() };

const adamSettings = {
  ...common,
  beta1: decay.optional(),
  beta2: decay.optional(),
  epsilon: z.number().positive().optional(),
};

/** What an optimizer's settings may be, per optimizer: a setting of another one is a mistake. */
export const optimizerSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('adam'), ...adamSettings }),
  z.strictObject({ name: z.literal('adamw'), ...adamSettings }),
  z.strictObject({ name: z.literal('sgd'), ...common, momentum: decay.optional() }),
]);

/** @throws INVALID_ARGUMENT naming all mistakes in the settings */
export function createOptimizer(config: OptimizerConfig): Optimizer {
  const parsed = optimizerSchema.safeParse(config);
  if (!parsed.success)
    throw new SulcusError('INVALID_ARGUMENT', `The optimizer cannot be made: ${z.prettifyError(parsed.error)}`);
  return OPTIMIZERS[config.name](config);
}
