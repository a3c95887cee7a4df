import type { Target } from './target.js';
import type { Job } from './protocol.js';

/** Inputs of a job at most: between two of them a lane may change over to the other kind. */
const JOB_INPUTS = 500;

/** Shares the inputs out over the targets; each gets one at least. */
export function plan(targets: readonly Target[], inputs: number, seed: string): { kind: Target['kind']; job: Job }[] {
  const total = targets.reduce((sum, { share }) => sum + share, 0);
  return targets.flatMap(({ name, share, kind }) => {
    const count = Math.max(1, Math.round((inputs * share) / total));
    return Array.from({ length: Math.ceil(count / JOB_INPUTS) }, (_, part) => ({
      kind,
      job: { target: name, seed, from: part * JOB_INPUTS, to: Math.min(count, (part + 1) * JOB_INPUTS) },
    }));
  });
}
