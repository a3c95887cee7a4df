import { SulcusError } from '#libs/errors';

/** One move of an alias. */
export interface AliasMove {
  kind: 'promoted' | 'rolled-back';
  version: string;
  /** Version that the alias goes back to on a rollback. */
  previousVersion?: string;
  reason: string;
  timeUnixMs: number;
}

/** Where an alias points, and how it came there. */
export interface AliasRecord extends AliasMove {
  /** Changes with every move: pass it to `promote` to move only what was looked at. */
  revision: number;
  /** The moves before this one, newest first, at most 20. */
  history: readonly AliasMove[];
}

const HISTORY_LENGTH = 20;

/** The record after an alias moved. */
export function moved(current: AliasRecord | undefined, move: AliasMove): Omit<AliasRecord, 'revision'> {
  if (current === undefined) return { ...move, history: [] };
  const { revision: _, history, ...last } = current;
  return { ...move, history: [last, ...history].slice(0, HISTORY_LENGTH) };
}

/**
 * The move that undoes the last promotion. The version before the restored one becomes the next to go back to, so
 * that rolling back twice goes two promotions back instead of there and back again.
 *
 * @throws NOT_FOUND when there is nothing to go back to
 */
export function undone(alias: string, current: AliasRecord | undefined, reason: string): AliasMove {
  const version = current?.previousVersion;
  if (version === undefined)
    throw new SulcusError('NOT_FOUND', `Alias ${alias} has no version to go back to`, { details: { alias } });
  const previousVersion = current?.history.find((move) => move.version === version)?.previousVersion;
  return {
    kind: 'rolled-back',
    version,
    ...(previousVersion === undefined ? {} : { previousVersion }),
    reason,
    timeUnixMs: Date.now(),
  };
}
