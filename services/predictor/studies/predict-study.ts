import pLimit from 'p-limit';
import { GrpcStatus, SulcusError } from '#libs/errors';
import type { TransformReference } from '#libs/imaging';
import type { ModelCard } from '#libs/registry';
import { attr, withSpan } from '#libs/telemetry';
import type { PredictorConfig } from '../config.js';
import type { Servable, ServableHandle } from '../servables/servable.js';
import type { ServingContext } from '../serving/context.js';
import { failFast } from '../serving/fail-fast.js';
import { predictImages, retryOnEngineFailure } from '../serving/predict.js';
import { resolveOptions, type RequestedOptions, type ResolvedOptions } from './options.js';
import type { SliceAnswer, Study, StudySlice } from './study.js';
import { viewsOf } from './views.js';

/** What predicting studies needs. */
export interface StudyContext extends ServingContext {
  config: Pick<PredictorConfig, 'maxBatchSize' | 'maxRequests' | 'normalClasses'>;
}

/** The slices of a study, answered by one version. */
export interface AnsweredStudy {
  card: ModelCard;
  options: ResolvedOptions;
  answers: readonly SliceAnswer[];
}

/** A study whose engine dies or is replaced under it begins anew, so that one version answers all of it. */
const ATTEMPTS = 3;
/** How many times as long as a single image a study waits for an engine to come back: it has more to lose. */
const RECOVERY_WAITS = 6;

/** Failures that are the slice's own; anything else fails the study. */
const SLICE_ERRORS: ReadonlySet<number> = new Set([
  GrpcStatus.INVALID_ARGUMENT,
  GrpcStatus.NOT_FOUND,
  GrpcStatus.DATA_LOSS,
]);

/**
 * Predicts every slice of a study with one model version. Slices go through the same queue and batches as single
 * images, a few at a time, so a study of any size takes no more of the queue than a stream does.
 *
 * @throws INVALID_ARGUMENT for options that do not fit the model; what fails a single image without being its fault
 */
export async function predictSlices(
  context: StudyContext,
  study: Study,
  requested: RequestedOptions,
  signal: AbortSignal,
): Promise<AnsweredStudy> {
  return await retryOnEngineFailure({ maxAttempts: ATTEMPTS, signal }, async (attempt) => {
    const { servable, release } = await acquire(context, signal, attempt === 1 ? 1 : RECOVERY_WAITS);
    return await predictWith(context, servable, study, requested, signal).finally(release);
  });
}

/** The live version; waits so many times for an engine to come back. */
async function acquire({ live }: StudyContext, signal: AbortSignal, waits: number): Promise<ServableHandle> {
  for (let wait = 1; ; wait++) {
    try {
      return await live.acquire(signal);
    } catch (error) {
      if (SulcusError.from(error).code !== 'MODEL_NOT_READY' || wait === waits) throw error;
    }
  }
}

async function predictWith(
  context: StudyContext,
  servable: Servable,
  { studyId, slices }: Study,
  requested: RequestedOptions,
  signal: AbortSignal,
): Promise<AnsweredStudy> {
  const options = resolveOptions(requested, servable.card.classes, context.config);
  const { maxBatchSize, maxRequests } = context.config;
  const window = Math.max(1, Math.min(Math.floor((2 * maxBatchSize) / options.views), Math.floor(maxRequests / 2)));
  // What a caller calls a study may be an identity; what scans carry is a pseudonym.
  const pseudonym = slices.every(({ scanSequence }) => scanSequence !== undefined) ? studyId : undefined;
  const request: SliceRequest = {
    servable,
    views: viewsOf(servable.transform, options.views),
    priority: options.priority,
    studyId: pseudonym,
  };
  const limit = pLimit(window);
  const attributes = {
    [attr.modelVersion]: servable.card.version,
    [attr.sliceCount]: slices.length,
    ...(pseudonym !== undefined && { [attr.studyId]: pseudonym }),
  };
  return await withSpan('predict study', { attributes }, async () => {
    const answers = await failFast(signal, (ended) =>
      slices.map((slice) => limit(() => answerSlice(context, slice, request, ended))),
    );
    return { card: servable.card, options, answers };
  });
}

interface SliceRequest {
  servable: Servable;
  views: readonly TransformReference[];
  priority: ResolvedOptions['priority'];
  /** For its records. */
  studyId: string | undefined;
}

async function answerSlice(
  context: StudyContext,
  slice: StudySlice,
  { servable, views, priority, studyId }: SliceRequest,
  signal: AbortSignal,
): Promise<SliceAnswer> {
  if (signal.aborted) throw SulcusError.from(signal.reason);
  try {
    const bytes = await slice.load(signal);
    const release = await context.admission.acquire({ sizeBytes: bytes.byteLength }, signal);
    try {
      const request = {
        priority,
        origin: { protocol: 'sulcus.v1' as const, name: slice.name, studyId },
        acquire: async () => servable.acquire(),
        images: () => views.map((transform) => ({ format: 'encoded' as const, bytes, transform })),
      };
      return { slice, predictions: await predictImages(context, request, signal) };
    } finally {
      release();
    }
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    if (signal.aborted || !SLICE_ERRORS.has(error.policy.grpcStatus)) throw error;
    return { slice, error: views.length === 1 ? error : withoutView(error) };
  }
}

/** A request of several views says which of them failed; here they are one slice. */
function withoutView(error: SulcusError): SulcusError {
  return error.cause instanceof SulcusError
    ? new SulcusError(error.code, error.cause.rawMessage, { cause: error, details: error.details })
    : error;
}
