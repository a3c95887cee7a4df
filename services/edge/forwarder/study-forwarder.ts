import { retryWithBackoff } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { EdgeConfig } from '../config.js';
import { callCore } from '../core-client.js';
import type { EdgeEvents } from '../events.js';
import type { StudySpool } from '../spool/study-spool.js';

export interface StudyForwarderContext {
  readonly studies: StudySpool;
  readonly events: EdgeEvents;
  readonly config: EdgeConfig;
}

const CALL_TIMEOUT_MS = 30_000;
/** Whatever keeps the core from hearing of it passes. */
const RETRY = { firstDelayMs: 500, maxDelayMs: 10_000, shouldRetry: () => true } as const;

/**
 * Tells the core of studies that are complete, for ever. Whether their samples are there yet does not matter: the core
 * waits until it has as many as it was told.
 */
export class StudyForwarder {
  readonly #context: StudyForwarderContext;

  constructor(context: StudyForwarderContext) {
    this.#context = context;
  }

  /** Works until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { studies } = this.#context;
    while (!signal.aborted)
      try {
        if (studies.first) await retryWithBackoff(() => this.#tellFirst(signal), { ...RETRY, signal });
        else await studies.changed.wait(signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
  }

  async #tellFirst(signal: AbortSignal): Promise<void> {
    const { studies, events, config } = this.#context;
    const study = studies.first;
    if (!study) return;
    const request = { site: config.site, ...study };
    try {
      await callCore(config, (client) => client.completeStudy(request, { signal, timeoutMs: CALL_TIMEOUT_MS }));
    } catch (thrown) {
      const error = SulcusError.from(thrown);
      if (error.code !== 'INVALID_ARGUMENT') throw error;
      // It will not be believed another time either, and must not hold up the others.
      events.studyRefused(study.studyId, error);
    }
    await studies.remove(study);
  }
}
