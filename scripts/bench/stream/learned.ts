import { setTimeout as sleep } from 'node:timers/promises';
import { Streams, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { SulcusError } from '#libs/errors';

/** What the trainer says that it has done. */
export interface Learned {
  /** Process that says so. */
  instance: string;
  step: number;
  /** Images that had their effect, replayed ones included. */
  samples: number;
  /** New images learned from. */
  arrivals: number;
  /** Newest scan known when it last said that all is learned. */
  caughtUpWith: number;
}

/** Follows the trainer's reports. */
export class LearnedReports {
  readonly latest: Learned = { instance: '', step: 0, samples: 0, arrivals: 0, caughtUpWith: 0 };
  #failure: unknown;

  constructor(bus: Bus, signal: AbortSignal) {
    void this.#follow(bus, signal).catch((error: unknown) => (this.#failure = error));
  }

  /** Resolves when the reports say so. Throws DEADLINE_EXCEEDED when they do not in time. */
  async until(done: (learned: Learned) => boolean, timeoutMs: number, what: string): Promise<void> {
    for (const deadlineMs = Date.now() + timeoutMs; !done(this.latest); await sleep(10)) {
      if (this.#failure !== undefined) throw SulcusError.from(this.#failure);
      if (Date.now() > deadlineMs) throw new SulcusError('DEADLINE_EXCEEDED', `Waited ${timeoutMs} ms for ${what}`);
    }
  }

  async #follow(bus: Bus, signal: AbortSignal): Promise<void> {
    const followed = bus.follow({
      stream: Streams.EVENTS,
      subject: subjects.event('trainer'),
      codec: codecs.PipelineEvent,
      signal,
    });
    for await (const { message } of followed) {
      if (message?.training) {
        const { step, samples, arrivals } = message.training;
        Object.assign(this.latest, { instance: message.instance, step, samples, arrivals });
      }
      if (message?.finished) this.latest.caughtUpWith = message.finished.scanSequence;
    }
  }
}
