/** Pauses that fewer first samples than wanted are waited with, where they come one by one and never pause. */
const PAUSES_OF_A_TRICKLE = 6;

/** What a checkpoint keeps of a warm-up. */
export interface WarmUpRecord {
  /** Steps that are left; null: the first samples are still waited for. */
  warmUpStepsLeft: number | null;
  /** Whether the averaged weights are offered behind them. Absent in older checkpoints: they are. */
  isOfferedAfterWarmUp?: boolean;
}

export interface WarmUpSettings {
  /** First samples that are wanted, and the epochs that they are learned for. */
  readonly warmUp: { readonly samples: number; readonly epochs: number };
  readonly batchSize: number;
  /** Fewer samples are gone on with when nothing has come for this long. */
  readonly pauseMs: number;
}

/** The beginning of a stream: its first samples are waited for, then learned in epochs. */
export class WarmUp {
  readonly #settings: WarmUpSettings;
  /** Steps left to plan, and to settle; null: not begun. */
  #plannedLeft: number | null;
  #settledLeft: number | null;
  #isOffered: boolean;
  /** Since when there are samples for a batch. */
  #gatheringSinceMs: number | undefined;

  constructor(settings: WarmUpSettings, record?: WarmUpRecord) {
    this.#settings = settings;
    this.#plannedLeft = this.#settledLeft = record?.warmUpStepsLeft ?? null;
    this.#isOffered = record?.isOfferedAfterWarmUp ?? true;
  }

  /** Whether the first samples are there. */
  get hasBegun(): boolean {
    return this.#plannedLeft !== null;
  }

  /** Whether every step is planned. */
  get isPlanned(): boolean {
    return this.#plannedLeft === 0;
  }

  /** Whether every step had its effect. */
  get isOver(): boolean {
    return this.#settledLeft === 0;
  }

  /** Whether what it taught is offered at once: not after few samples of a trickle, behind which more come. */
  get isOffered(): boolean {
    return this.#isOffered;
  }

  /**
   * Begins when there are samples enough, or nothing more comes, or they come too slowly to be waited for.
   *
   * @param arrivals samples that came
   * @param held those of them that can be learned from
   * @param idleMs time since something came; 0 while more is there already: then nothing is waited for in vain
   */
  tryToBegin(arrivals: number, held: number, idleMs: number): void {
    const { warmUp, batchSize, pauseMs } = this.#settings;
    if (arrivals < batchSize || held === 0) return;
    const nowMs = performance.now();
    this.#gatheringSinceMs ??= nowMs;
    const allCame = arrivals >= warmUp.samples || idleMs > pauseMs;
    const isTrickle = idleMs > 0 && nowMs - this.#gatheringSinceMs >= PAUSES_OF_A_TRICKLE * pauseMs;
    if (!allCame && !isTrickle) return;
    this.#plannedLeft = this.#settledLeft = Math.ceil((held * warmUp.epochs) / batchSize);
    this.#isOffered = allCame;
  }

  planStep(): void {
    this.#plannedLeft!--;
  }

  settleStep(): void {
    this.#settledLeft!--;
  }

  toRecord(): WarmUpRecord {
    return { warmUpStepsLeft: this.#settledLeft, isOfferedAfterWarmUp: this.#isOffered };
  }
}
