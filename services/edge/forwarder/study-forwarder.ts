import { pause } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { ClientLife, Methods } from '#libs/rpc';
import type { EdgeEvents } from '../events.js';
import type { CompletedStudies, CompletedStudy } from '../spool/completed-studies.js';

/** A connection to the core, of its own. */
export type StudyConnection = Pick<Methods<'Ingest'>, 'completeStudy'> & Pick<ClientLife, 'waitForReady' | 'close'>;

export interface StudyForwarderContext {
  readonly studies: CompletedStudies;
  readonly connect: () => StudyConnection;
  readonly events: EdgeEvents;
  readonly config: { readonly site: string };
}

const CONNECT_TIMEOUT_MS = 5_000;
const CALL_TIMEOUT_MS = 30_000;
const RETRY_MS = { first: 500, most: 10_000 } as const;

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
    const { studies, events } = this.#context;
    for (let delayMs: number = RETRY_MS.first; !signal.aborted; ) {
      const study = studies.first;
      if (!study) {
        await studies.changed.wait(signal);
        continue;
      }
      try {
        await this.#tell(study, signal);
        await studies.remove(study);
        delayMs = RETRY_MS.first;
      } catch (thrown) {
        const error = SulcusError.from(thrown);
        if (error.code === 'INVALID_ARGUMENT') {
          // It will not be believed another time either, and must not hold up the others.
          events.studyRefused(study.studyId, error);
          await studies.remove(study).catch(() => undefined);
          continue;
        }
        await pause(delayMs, signal);
        delayMs = Math.min(2 * delayMs, RETRY_MS.most);
      }
    }
  }

  async #tell({ studyId, samples }: CompletedStudy, signal: AbortSignal): Promise<void> {
    const { connect, config } = this.#context;
    const client = connect();
    try {
      await client.waitForReady(CONNECT_TIMEOUT_MS);
      await client.completeStudy({ site: config.site, studyId, samples }, { signal, timeoutMs: CALL_TIMEOUT_MS });
    } finally {
      client.close();
    }
  }
}
