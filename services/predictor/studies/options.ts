import type { StudyOptions, StudyOptionsInput, StudyAggregation } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { toPriority, type Priority } from '../serving/priority.js';
import type { Aggregation } from './aggregate.js';
import type { StudyConfig } from './config.js';
import { resolveNormalClasses, type NormalClasses } from './normal-classes.js';
import { MAX_VIEWS } from './views.js';

/** Limits beyond which nothing is concluded. */
export interface AbstentionLimits {
  minSlices: number;
  /** Mean entropy of the slices, as a fraction of the highest possible. */
  maxEntropy: number;
  minProbability: number;
  maxDisagreement: number;
  maxFailedFraction: number;
}

/** How a study is predicted, as far as that can be said without knowing the model. */
export interface RequestedOptions {
  aggregation: Aggregation | 'auto';
  topK: number;
  /** As the request says; empty: not said. */
  normalClasses: readonly string[];
  threshold: number;
  limits: AbstentionLimits;
  views: number;
  priority: Priority;
}

/** How a study is predicted by one model. */
export interface ResolvedOptions extends Omit<RequestedOptions, 'aggregation' | 'normalClasses'> {
  aggregation: Aggregation;
  normal: NormalClasses;
}

const WIRE_NAMES = {
  mean: 'STUDY_AGGREGATION_MEAN',
  'top-k-mean': 'STUDY_AGGREGATION_TOP_K_MEAN',
  'noisy-or': 'STUDY_AGGREGATION_NOISY_OR',
} as const satisfies Record<Aggregation, StudyAggregation>;

/** Name of an aggregation on the wire. */
export const toWireAggregation = (aggregation: Aggregation): StudyAggregation => WIRE_NAMES[aggregation];

/**
 * The options of a request, with what it leaves out as configured.
 *
 * @throws INVALID_ARGUMENT naming every mistake
 */
export function requestedOptions(options: StudyOptions | null | undefined, config: StudyConfig): RequestedOptions {
  const mistakes: string[] = [];
  const fraction = (name: string, value: number | undefined, configured: number): number => {
    if (value !== undefined && !(value >= 0 && value <= 1))
      mistakes.push(`${name} is ${value}: it is a fraction from 0 to 1`);
    return value || configured;
  };
  const views = options?.views || config.studyViews;
  if (views > MAX_VIEWS) mistakes.push(`views is ${views}: there are ${MAX_VIEWS}`);
  const requested: RequestedOptions = {
    aggregation: aggregationOf(options?.aggregation, config, mistakes),
    topK: options?.topK || config.studyTopK,
    normalClasses: options?.normalClasses ?? [],
    threshold: fraction('threshold', options?.threshold, config.studyThreshold),
    limits: {
      minSlices: options?.minSlices || config.studyMinSlices,
      maxEntropy: fraction('max_entropy', options?.maxEntropy, config.studyMaxEntropy),
      minProbability: fraction('min_probability', options?.minProbability, config.studyMinProbability),
      maxDisagreement: fraction('max_disagreement', options?.maxDisagreement, config.studyMaxDisagreement),
      maxFailedFraction: fraction('max_failed_fraction', options?.maxFailedFraction, config.studyMaxFailedFraction),
    },
    views,
    priority: toPriority(options?.priority ?? 0),
  };
  if (mistakes.length > 0)
    throw new SulcusError('INVALID_ARGUMENT', `The options of the study cannot be used: ${mistakes.join('; ')}`, {
      details: { mistakes },
    });
  return requested;
}

function aggregationOf(
  wire: StudyAggregation | undefined,
  { studyAggregation }: StudyConfig,
  mistakes: string[],
): Aggregation | 'auto' {
  if (wire === undefined || wire === 'STUDY_AGGREGATION_UNSPECIFIED') return studyAggregation;
  const found = (Object.keys(WIRE_NAMES) as Aggregation[]).find((name) => WIRE_NAMES[name] === wire);
  if (!found) mistakes.push(`aggregation is ${String(wire)}: there is no such aggregation`);
  return found ?? 'auto';
}

/**
 * Fills in what depends on the model's classes.
 *
 * @throws INVALID_ARGUMENT for an aggregation of findings while no class is normal, and as {@link resolveNormalClasses}
 */
export function resolveOptions(
  { aggregation, normalClasses, ...rest }: RequestedOptions,
  classes: readonly string[],
  { normalClasses: configured }: Pick<StudyConfig, 'normalClasses'>,
): ResolvedOptions {
  const normal = resolveNormalClasses(classes, normalClasses, configured);
  if (normal.names.length > 0)
    return { ...rest, normal, aggregation: aggregation === 'auto' ? 'top-k-mean' : aggregation };
  if (aggregation === 'auto' || aggregation === 'mean') return { ...rest, normal, aggregation: 'mean' };
  throw new SulcusError(
    'INVALID_ARGUMENT',
    `The ${aggregation} looks for findings, and none of the classes ${classes.join(', ')} is known to be normal: ` +
      'name one (normal_classes, SULCUS_NORMAL_CLASSES), or ask for the mean',
  );
}

/** Options as an answer repeats them. */
export function toWireOptions({
  aggregation,
  topK,
  normal,
  threshold,
  limits,
  views,
  priority,
}: ResolvedOptions): StudyOptionsInput {
  return {
    aggregation: toWireAggregation(aggregation),
    topK,
    normalClasses: [...normal.names],
    threshold,
    ...limits,
    views,
    priority,
  };
}
