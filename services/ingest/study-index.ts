import { HeaderName, type Bus } from '#libs/bus';
import type { Logger } from '#libs/telemetry';

/** The studies that scans belong to, learnt from the headers of the SCANS stream: labels are only given to known ones. */
export class StudyIndex {
  readonly #studies = new Set<string>();
  #markCaughtUp: () => void = () => undefined;
  readonly #caughtUp = new Promise<void>((resolve) => (this.#markCaughtUp = resolve));

  /** Follows the stream until the signal aborts. */
  async follow(bus: Bus, signal: AbortSignal, log: Logger): Promise<void> {
    try {
      const { messages } = (await bus.stats()).SCANS;
      if (messages === 0) this.#markCaughtUp();
      for await (const { headers, pending } of bus.follow({ stream: 'SCANS', headersOnly: true, signal })) {
        this.add(headers.get(HeaderName.STUDY_ID));
        if (pending === 0) this.#markCaughtUp();
      }
    } catch (error) {
      if (!signal.aborted) log.error({ err: error }, 'the study index no longer follows the scans');
    }
  }

  /** @param study pseudonym */
  add(study: string | undefined): void {
    if (study) this.#studies.add(study);
  }

  /** Waits until what was stored before the start is known. */
  async has(study: string): Promise<boolean> {
    if (this.#studies.has(study)) return true;
    await this.#caughtUp;
    return this.#studies.has(study);
  }
}
