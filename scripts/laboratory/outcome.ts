/** One fault as it went. */
export interface Struck {
  kind: string;
  target: string;
  /** Moment of the conversation with the broker that it struck at; undefined: at random. */
  moment?: string | undefined;
  /** From the end of the fault until work and predictions went on; undefined: they did not in time. */
  recoverySeconds?: number | undefined;
}

/** What came of a round. */
export interface RoundOutcome {
  seed: number;
  faults: readonly Struck[];
  lost: number;
  doubled: number;
  wrong: number;
  /** Whether something waited for ever, or ended that should go on by itself. */
  hung: boolean;
  requests: number;
  failedPredictions: number;
  /** Whether weights were compared bit for bit: they can be where training began with the same images. */
  isCompared: boolean;
  seconds: number;
  /** What else is to be told of a clean round. */
  note?: string;
  /** What went wrong, in sentences. */
  problems: readonly string[];
  /** Folder that is kept when something went wrong. */
  kept?: string;
}

export const isClean = ({ lost, doubled, wrong, hung, failedPredictions, problems }: RoundOutcome): boolean =>
  lost + doubled + wrong + failedPredictions + problems.length === 0 && !hung;
