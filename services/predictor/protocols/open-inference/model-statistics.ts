import type { ModelStatisticsInput, StatisticDurationInput } from '#libs/contracts';
import type { Handlers } from '#libs/rpc';
import { noStatistics, type DurationStatistic, type VersionStatistics } from '../../serving/statistics.js';
import type { InferenceContext } from './context.js';

/**
 * `ModelStatistics`: of every version that answered lately, or of the one asked for. Includes requests to
 * sulcus.v1.Predictor.
 */
export function modelStatisticsHandler({
  resolver,
  statistics,
}: InferenceContext): Handlers<'Inference'>['modelStatistics'] {
  return async ({ name, version }, { signal }) => {
    const model = resolver.name ?? '';
    // Before the first version nobody has a name; then, and for any other name, the resolver says what is wrong.
    if (name !== '' && name !== model) await resolver.find({ name, version: '' }, signal);
    const asked = [...statistics.versions].filter(([known]) => version === '' || known === version);
    if (version !== '' && asked.length === 0) {
      const card = await resolver.find({ name: model, version }, signal);
      asked.push([card.version, statistics.versions.get(card.version) ?? noStatistics()]);
    }
    return { modelStats: asked.map(([of, done]) => modelStatistics(model, of, done)) };
  };
}

function modelStatistics(name: string, version: string, done: VersionStatistics): ModelStatisticsInput {
  const batches = [...done.batches].sort(([left], [right]) => left - right);
  return {
    name,
    version,
    lastInference: done.lastUnixMs,
    inferenceCount: done.images,
    executionCount: batches.reduce((sum, [, { count }]) => sum + count, 0),
    inferenceStats: {
      success: duration(done.success),
      fail: duration(done.failure),
      queue: duration(done.queue),
      computeInput: duration(done.prepare),
      computeInfer: duration(done.inference),
      computeOutput: { count: done.success.count, ns: 0 },
    },
    batchStats: batches.map(([batchSize, runs]) => ({ batchSize, computeInfer: duration(runs) })),
  };
}

const duration = ({ count, totalMs }: DurationStatistic): StatisticDurationInput => ({
  count,
  ns: Math.round(totalMs * 1e6),
});
