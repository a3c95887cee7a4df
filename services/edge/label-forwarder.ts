import type { AnnotationInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Handlers } from '#libs/rpc';
import type { Pseudonyms } from '#services/ingest';
import type { EdgeConfig } from './config.js';
import { callCore } from './core-client.js';
import type { Spool } from './spool/spool.js';

export interface LabelContext {
  readonly config: EdgeConfig;
  readonly pseudonyms: Pseudonyms;
  readonly spool: Spool;
}

const CALL_TIMEOUT_MS = 30_000;

/**
 * Labels go to the core while their sender waits, studies by their pseudonyms: who is told of success has labelled what
 * the core has. Nothing of them is kept here.
 */
export const annotateAtCore =
  (context: LabelContext): Handlers<'Ingest'>['annotate'] =>
  async ({ annotations }, { signal }) => ({ accepted: await labelAtCore(context, annotations, signal) });

/**
 * @returns labels stored
 * @throws SERVICE_UNAVAILABLE while the core is away, or samples are here that it does not have; what the core throws
 */
export async function labelAtCore(
  { config, pseudonyms, spool }: LabelContext,
  annotations: readonly AnnotationInput[],
  signal: AbortSignal,
): Promise<number> {
  // What names neither is sent as it is: the core says what is wrong with it.
  const named = annotations.map(
    ({ studyId, ...annotation }): AnnotationInput =>
      studyId === undefined
        ? annotation
        : { ...annotation, target: 'studyPseudonym', studyPseudonym: pseudonyms.study(studyId) ?? '' },
  );
  const request = { annotations: named, site: config.site };
  try {
    const { accepted } = await callCore(config, (client) =>
      client.annotate(request, { signal, timeoutMs: CALL_TIMEOUT_MS }),
    );
    return accepted;
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    const { samples } = await spool.state();
    if (error.code !== 'NOT_FOUND' || samples === 0) throw error;
    throw new SulcusError(
      'SERVICE_UNAVAILABLE',
      `The core does not have all samples yet (${samples} wait here): send the labels again later`,
      { cause: error },
    );
  }
}
