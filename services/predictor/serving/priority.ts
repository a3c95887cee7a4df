import { SulcusError } from '#libs/errors';

/** Urgency of a request: the lowest number goes first, and among equals the one that came first. */
export type Priority = 1 | 2 | 3;

/** Number of priorities: 1 for somebody who waits, 2 for the usual, 3 for work in bulk. */
export const PRIORITY_LEVELS = 3;
export const DEFAULT_PRIORITY: Priority = 2;

/** A priority as requests say it; 0 is the default. @throws INVALID_ARGUMENT when there is no such priority */
export function toPriority(value: number): Priority {
  if (value === 0) return DEFAULT_PRIORITY;
  if (value === 1 || value === 2 || value === 3) return value;
  throw new SulcusError(
    'INVALID_ARGUMENT',
    `Priority ${value}: it is 1 (first) to ${PRIORITY_LEVELS} (last), or 0 for ${DEFAULT_PRIORITY}`,
  );
}
