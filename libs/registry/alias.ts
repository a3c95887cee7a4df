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
  /** The moves before this one, newest first, at most 100. */
  history: readonly AliasMove[];
}

/** Twice as many as can be undone in a row: a rollback is a move too. */
const HISTORY_LENGTH = 100;

/** The record after an alias moved. */
export function moved(current: AliasRecord | undefined, move: AliasMove): Omit<AliasRecord, 'revision'> {
  if (current === undefined) return { ...move, history: [] };
  const { revision: _, history, ...last } = current;
  return { ...move, history: [last, ...history].slice(0, HISTORY_LENGTH) };
}

/**
 * The move that undoes the last promotion that still stands. Each call goes one promotion further back, also where a
 * version was promoted twice.
 *
 * @throws NOT_FOUND when there is nothing to go back to
 */
export function undone(alias: string, current: AliasRecord | undefined, reason: string): AliasMove {
  const [version, previousVersion] = current === undefined ? [] : versionsBefore([current, ...current.history]);
  if (version === undefined) {
    const why =
      current === undefined
        ? 'it has never been promoted'
        : `it points to ${current.version}, and no earlier promotion is on record`;
    throw new SulcusError('NOT_FOUND', `Alias ${alias} has no version to go back to: ${why}`, { details: { alias } });
  }
  return {
    kind: 'rolled-back',
    version,
    ...(previousVersion === undefined ? {} : { previousVersion }),
    reason,
    timeUnixMs: Date.now(),
  };
}

/**
 * Versions of the promotions before the one that stands, newest first: each rollback goes back by one.
 *
 * @param moves newest first
 */
function versionsBefore(moves: readonly AliasMove[]): string[] {
  let undoneCount = 0;
  const standing = moves.filter(({ kind }) => {
    if (kind === 'rolled-back') undoneCount++;
    else if (undoneCount > 0) undoneCount--;
    else return true;
    return false;
  });
  // The oldest promotion on record names the version before it, whose own promotion is on record no more.
  const beyond = undoneCount > 0 ? undefined : standing.at(-1)?.previousVersion;
  return [...standing.slice(1).map(({ version }) => version), ...(beyond === undefined ? [] : [beyond])];
}

/** @throws MESSAGE_INVALID, with its revision in the details, for what is no record of an alias */
export function decodeAlias(alias: string, value: Buffer, revision: number): AliasRecord {
  const record = parseJson(value);
  if (typeof record?.version === 'string' && Array.isArray(record.history)) return { ...record, revision };
  throw new SulcusError(
    'MESSAGE_INVALID',
    `What is stored of the alias ${alias} is no record of its moves: promote a version to replace it`,
    { details: { alias, revision } },
  );
}

function parseJson(value: Buffer): AliasRecord | undefined {
  try {
    return JSON.parse(value.toString()) as AliasRecord;
  } catch {
    return undefined;
  }
}
