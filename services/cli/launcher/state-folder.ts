import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { UNFINISHED, writeDurablySync } from '#libs/durable-files';
import { SulcusError } from '#libs/errors';
import { makeFolder } from '../shared/make-folder.js';
import { runsFolder, shownPath } from '../shared/paths.js';
import { isAlive, startTicks } from './processes/is-alive.js';

/** Marks a folder as ours and names the launcher that uses it. */
const MARKER = 'sulcus-state.json';

/** Finished `--once` runs that are kept to look at. */
const KEPT_ONCE_RUNS = 4;

/** Where one run of the launcher keeps everything. */
export interface StateFolder {
  root: string;
  nats: string;
  logs: string;
  traces: string;
  /** Scans that left the broker, unless SULCUS_ARCHIVE names another place. */
  archive: string;
  /** What each run began with: `<run>.safetensors`. */
  startWeights: string;
  /** Of a finished `--once` run. */
  report: string;
  /** What a hospital keeps that is played: its edge's data. */
  site: string;
  /** Whether an interrupted `--once` run is gone on with here. */
  isResumed: boolean;
  /** The state that the folder belongs to; undefined before it belongs to any. */
  readonly stateId: string | undefined;
  /**
   * Ties the folder to the state that a broker holds.
   *
   * @throws STATE_MISMATCH when it belongs to another
   */
  adopt(stateId: string): void;
  /** Says that the `--once` run came to its end. */
  finish(): void;
  /** Lets another launcher have the folder. */
  release(): void;
}

export interface StateChoice {
  once: boolean;
  /** A hospital is played, which goes on apart from other runs. */
  site?: boolean;
  state?: string;
  fresh: boolean;
}

/** Where a run keeps everything that others may go on with; undefined for one that has a folder of its own. */
export const lastingRoot = (
  { once, site = false, state }: Omit<StateChoice, 'fresh'>,
  runs: string = runsFolder(),
): string | undefined => {
  if (state !== undefined) return path.resolve(state);
  return once ? undefined : path.join(runs, site ? 'site' : 'live');
};

/**
 * Chooses, empties if asked, and takes a state folder.
 *
 * @throws INVALID_CONFIG for a folder that is not ours to empty, not empty with `--once`, in use by another launcher,
 * or not to be written to
 */
export function openStateFolder(
  { once, site = false, state, fresh }: StateChoice,
  runs: string = runsFolder(),
): StateFolder {
  const root = lastingRoot({ once, site, state }, runs) ?? path.resolve(runs, `once-${timestamp()}`);
  let isResumed = false;
  const used = usable(root, () => existsSync(root) && readdirSync(root).some(isFinished));
  if (used) {
    const marker = path.join(root, MARKER);
    if (!existsSync(marker))
      throw new SulcusError(
        'INVALID_CONFIG',
        `${shownPath(root)} holds other files: name an empty folder with --state`,
      );
    const owner = ownerOf(marker);
    if (owner !== undefined) throw folderInUse(root, `process ${owner}`);
    const { isUnfinished = false } = readMarker(marker);
    if (fresh) rmSync(root, { recursive: true });
    else if (once && isUnfinished) isResumed = true;
    else if (once)
      throw new SulcusError(
        'INVALID_CONFIG',
        `${shownPath(root)} holds a run that has ended, and --once starts from nothing: add --fresh to empty it`,
      );
  }
  let isUnfinished = once;
  let { stateId } = readMarker(path.join(root, MARKER));
  usable(root, () => {
    makeFolder(root);
    writeMarker(root, process.pid, { isUnfinished, stateId });
  });
  if (state === undefined && once) pruneOnceRuns(runs);
  pointLatest(runs, root);
  return {
    root,
    nats: path.join(root, 'nats'),
    logs: path.join(root, 'logs'),
    traces: path.join(root, 'traces'),
    archive: path.join(root, 'archive'),
    startWeights: path.join(root, 'start-weights'),
    report: path.join(root, 'report'),
    site: path.join(root, 'site'),
    isResumed,
    get stateId() {
      return stateId;
    },
    adopt: (found) => {
      if (stateId !== undefined && stateId !== found) throw otherState(root, stateId, found);
      stateId = found;
      writeMarker(root, process.pid, { isUnfinished, stateId });
    },
    finish: () => {
      isUnfinished = false;
    },
    release: () => {
      try {
        writeMarker(root, undefined, { isUnfinished, stateId });
      } catch {
        // A full disk: the next launcher sees that this process is gone.
      }
    },
  };
}

export const folderInUse = (root: string, by: string): SulcusError =>
  new SulcusError(
    'INVALID_CONFIG',
    `${shownPath(root)} is in use by ${by}: stop it, or name another folder with --state`,
  );

/** Who was killed while marking a folder leaves something that is no marker yet. */
const isFinished = (name: string): boolean => !(name.startsWith(MARKER) && name.endsWith(UNFINISHED));

/** @throws INVALID_CONFIG when the system does not let us work in the folder */
function usable<T>(root: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new SulcusError(
      'INVALID_CONFIG',
      `The state folder ${shownPath(root)} cannot be used (${(error as Error).message}): name another with --state`,
      { cause: error },
    );
  }
}

/** For example 20261123-080102-4711: sorts by time, unique per process. */
function timestamp(): string {
  return `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}-${process.pid}`;
}

/** What the marker holds. Nobody uses the folder when there is no process id. */
interface Marker {
  launcherPid?: number | undefined;
  /** See {@link startTicks}. */
  launcherStart?: string | undefined;
  /** Whether a `--once` run was begun here and has not come to its end. */
  isUnfinished?: boolean;
  /** Of the broker's state that the folder belongs to. */
  stateId?: string | undefined;
}

const otherState = (root: string, own: string, found: string): SulcusError =>
  new SulcusError(
    'STATE_MISMATCH',
    `${shownPath(root)} belongs to another state (${own}) than the broker holds (${found}): name the folder of that ` +
      'state with --state, an empty one, or add --fresh to empty this one',
  );

function writeMarker(
  root: string,
  launcherPid: number | undefined,
  { isUnfinished, stateId }: Pick<Marker, 'isUnfinished' | 'stateId'>,
): void {
  const owner: Marker = launcherPid === undefined ? {} : { launcherPid, launcherStart: startTicks(launcherPid) };
  const text = `${JSON.stringify({ ...owner, ...(isUnfinished && { isUnfinished }), stateId })}\n`;
  // In place of the one that is there: a full disk would leave an empty one, and the folder would belong to no state.
  writeDurablySync(path.join(root, MARKER), text, { mode: 0o644 });
}

/** Process id of the launcher that uses a folder; undefined when none lives. */
function ownerOf(marker: string): number | undefined {
  const { launcherPid, launcherStart } = readMarker(marker);
  if (launcherPid === undefined || launcherPid === process.pid || !isAlive(launcherPid)) return undefined;
  return launcherStart === undefined || launcherStart === startTicks(launcherPid) ? launcherPid : undefined;
}

function readMarker(marker: string): Marker {
  try {
    return JSON.parse(readFileSync(marker, 'utf8')) as Marker;
  } catch {
    return {};
  }
}

function pruneOnceRuns(runs: string): void {
  const old = readdirSync(runs)
    .filter((name) => name.startsWith('once-'))
    .sort()
    .slice(0, -KEPT_ONCE_RUNS);
  for (const name of old) {
    const root = path.join(runs, name);
    if (ownerOf(path.join(root, MARKER)) === undefined) rmSync(root, { recursive: true, force: true });
  }
}

/** A convenience for people and for `sulcus trace`: a file system without links does without. */
function pointLatest(runs: string, root: string): void {
  const link = path.join(runs, 'latest');
  try {
    mkdirSync(runs, { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(path.relative(runs, root), link);
  } catch {
    // The paths are printed anyway.
  }
}
