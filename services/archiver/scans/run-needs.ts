import { readRetentions, type Bus, type StoredRetention } from '#libs/bus';
import { runKeys, runOfKey } from '#libs/registry';

/** What is known of a scan when it is decided whether it may leave. */
export interface JudgedScan {
  sequence: number;
  /** When the broker stored it. */
  timeUnixMs: number;
  /** Undefined while it has no label; else where that label is on LABELS, 0 for the one that the scan came with. */
  labelSequence: number | undefined;
}

/** A run that shows signs of life, and what it says that it needs; without a word of it, it needs everything. */
export interface LivingRun {
  run: string;
  retention?: StoredRetention;
}

/**
 * Which scans runs still need. A scan without a label is needed by nobody: should a label come, it comes back. That
 * a run retains it is a wish, which holds while there is room. A labelled one waits until every living run has
 * settled it; with no run alive, as long as a run may be silent before it counts as abandoned: whoever collects
 * first and trains later does not find the stream empty.
 */
export class RunNeeds {
  readonly living: readonly LivingRun[];
  /** Runs without a sign of life for longer than the run age. */
  readonly abandoned: readonly string[];
  readonly #runAgeMs: number;
  readonly #nowMs: number;

  constructor(living: readonly LivingRun[], abandoned: readonly string[], runAgeMs: number, nowMs: number) {
    this.living = living;
    this.abandoned = abandoned;
    this.#runAgeMs = runAgeMs;
    this.#nowMs = nowMs;
  }

  /**
   * Why a scan must stay, as the end of a sentence that begins with a number of scans; undefined: it may leave.
   *
   * @param options `wishes` false: what runs retain without a label may leave as well
   */
  reasonToStay(
    { sequence, timeUnixMs, labelSequence }: JudgedScan,
    { wishes = true }: { wishes?: boolean } = {},
  ): string | undefined {
    if (labelSequence === undefined && !wishes) return undefined;
    for (const { run, retention } of this.living) {
      if (retention?.retained.has(sequence)) return `are kept by run "${run}"`;
      if (labelSequence === undefined) continue;
      if (!retention) return `are needed by run "${run}", which learns in epochs or has just begun`;
      if (sequence > retention.settledThrough || labelSequence > retention.labelsThrough)
        return `have not been learned by run "${run}" yet`;
    }
    const young = this.#nowMs - timeUnixMs < this.#runAgeMs;
    if (labelSequence !== undefined && this.living.length === 0 && young)
      return 'wait for a trainer: none has run yet, or lately';
    return undefined;
  }
}

/**
 * Reads what runs need. A run is known by its owner, its checkpoint or its retention record, and lives while the newest
 * of them is younger than `runAgeMs`.
 *
 * @throws BUS_UNAVAILABLE; MESSAGE_INVALID for a record that cannot be read
 */
export async function readRunNeeds(bus: Bus, runAgeMs: number, nowMs: number = Date.now()): Promise<RunNeeds> {
  const checkpoints = await bus.keyValue('checkpoints');
  const retentions = await readRetentions(bus);
  const keys = await checkpoints.keys();
  const runs = new Set([...keys.map(runOfKey), ...retentions.keys()]);
  const living: LivingRun[] = [];
  const abandoned: string[] = [];
  for (const run of runs) {
    const retention = retentions.get(run);
    const writtenMs = async (key: string): Promise<number> =>
      keys.includes(key) ? ((await checkpoints.get(key))?.timeUnixMs ?? 0) : 0;
    const lives = (signMs: number): boolean => nowMs - signMs < runAgeMs;
    // The checkpoint is looked at last: its value may be large.
    if (
      lives(retention?.updatedUnixMs ?? 0) ||
      lives(await writtenMs(runKeys.owner(run))) ||
      lives(await writtenMs(run))
    )
      living.push({ run, ...(retention && { retention }) });
    else abandoned.push(run);
  }
  return new RunNeeds(living, abandoned, runAgeMs, nowMs);
}
