/** What an input brought about that must not be. */
export type FindingKind = 'error' | 'died' | 'hang' | 'memory';

export interface Finding {
  readonly target: string;
  readonly seed: string;
  /** Of the input within its target, from 0. */
  readonly index: number;
  readonly kind: FindingKind;
  /** What was thrown, with where; or how long it took, how much it holds. */
  readonly detail: string;
  /** Where the input was saved. */
  file?: string;
}

/** Findings with the same first place in our code are one. */
export function placeOf({ target, kind, detail }: Finding): string {
  const place = /(libs|services)\/[^:)\s]+:\d+/.exec(detail)?.[0];
  return `${target} ${kind} ${place ?? detail.slice(0, 80)}`;
}
