import type { ChildProcess } from 'node:child_process';
import { LIFE_SIGN_INTERVAL_MS, type LifeSign } from '#libs/service';

/** Default of what a process may be silent for before it is ended, milliseconds. */
export const SILENT_AFTER_MS = 45_000;

/** Until its first sign a process loads its code, which takes its time on a busy machine. */
const FIRST_SIGN_MS = 120_000;

/** Of one that is silent for longer it is said, milliseconds; before its first sign for longer still. */
const TOLD_AFTER_MS = 15_000;
const FIRST_TOLD_AFTER_MS = 30_000;

export interface SilenceLimits {
  /** What it may be silent for, milliseconds. */
  silentAfterMs: number;
  /** The same before its first sign. Default: two minutes. */
  firstSignMs?: number;
  /** Called once, when it was silent for longer. */
  onSilent: () => void;
}

/**
 * What a process of ours says to who started it: that it lives, and what it waits for. One that gives no sign any more
 * though it runs stands still: its event loop is kept, or somebody stopped it. Counted in intervals of our own, so that
 * our own sleep is not taken for its silence.
 */
export class SignsOfLife {
  #silentIntervals = 0;
  #hasSpoken = false;
  #said: string | undefined;

  constructor(child: ChildProcess, { silentAfterMs, firstSignMs = FIRST_SIGN_MS, onSilent }: SilenceLimits) {
    child.on('message', (sign: LifeSign) => {
      this.#hasSpoken = true;
      this.#silentIntervals = 0;
      this.#said = sign.stall;
    });
    const timer = setInterval(() => {
      this.#silentIntervals++;
      if (this.#silentMs <= (this.#hasSpoken ? silentAfterMs : firstSignMs)) return;
      clearInterval(timer);
      onSilent();
    }, LIFE_SIGN_INTERVAL_MS).unref();
    child.once('exit', () => clearInterval(timer));
  }

  /** What it says it has waited for for long, or that it says nothing any more; undefined while all is well. */
  get stall(): string | undefined {
    const silentMs = this.#silentMs;
    if (silentMs <= (this.#hasSpoken ? TOLD_AFTER_MS : FIRST_TOLD_AFTER_MS)) return this.#said;
    return `no sign of life ${this.#hasSpoken ? 'for' : 'since its start, for'} ${silentMs / 1000} s`;
  }

  get #silentMs(): number {
    return this.#silentIntervals * LIFE_SIGN_INTERVAL_MS;
  }
}
