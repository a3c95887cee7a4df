/**
 * Keys of the bucket `checkpoints`. A run's name, in which there is no dot, is the key of its newest checkpoint;
 * what else is kept of it stands under a kind, a dot and the name.
 */
export const runKeys = {
  /** Which trainer owns the run. */
  owner: (run: string): string => `owner.${run}`,
  /** What its batch requests are signed with. */
  requests: (run: string): string => `requests.${run}`,
} as const;

export const isCheckpointKey = (key: string): boolean => !key.includes('.');

/** The run that a key of the bucket belongs to. */
export const runOfKey = (key: string): string => key.slice(key.indexOf('.') + 1);
