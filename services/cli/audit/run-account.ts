/** What became of the samples in a run. */
export interface RunAccount {
  run: string;
  mode: 'epochs' | 'stream';
  /** Training samples that had their effect in the last complete epoch, or, in stream mode, so far. */
  learned: number;
  /** Samples that could not be prepared, as recorded. */
  putAside: number;
  /** Training samples with a label of the class list that the run has not gone over yet. */
  waiting: number;
  /** Held out: validation, gate and test samples. */
  heldOut: number;
  /** Without a label of the class list: nothing is to be learned from them. */
  unlabelled: number;
}
