import { setTimeout as sleep } from 'node:timers/promises';
import { SulcusError } from '#libs/errors';
import { readFindings } from '../findings.js';
import { untilMoment } from '../observe/moments.js';
import type { Struck } from '../outcome.js';
import type { DrawnFault } from '../schedule.js';
import type { Stand } from '../stand/stand.js';

/** A pipeline that has not come to its end this long after the last fault waits for ever. */
const END_TIMEOUT_MS = 90_000;
/** Work and predictions go on within half of this, or it is said; without them within this, the round is over. */
const RECOVERY_TIMEOUT_MS = 60_000;
const RECOVERY_LIMIT_SECONDS = 30;
/** A moment that does not come is not waited for longer: the fault then strikes at random. */
const MOMENT_TIMEOUT_MS = 4000;
/** So long a busy machine takes to start what imports. */
const IMPORT_TIMEOUT_MS = 30_000;
const READ_TIMEOUT_MS = 30_000;
/** Once everything is done, so long nothing more may come. */
const QUIET_MS = 700;
const LOOK_MS = 50;

/** Waits for its time, makes the fault, and waits until all goes on; undefined when there was nothing to aim at. */
export async function strikeWhenDue(stand: Stand, fault: DrawnFault): Promise<Struck | undefined> {
  const { kind, target, strike } = fault;
  const { moment, delayMs, phase } = fault.when;
  if (phase === 'training')
    await until(stand, () => stand.progress.hasBegun || stand.progress.isFinished, END_TIMEOUT_MS);
  if (moment === undefined) await sleep(delayMs);
  const deadlineMs = performance.now() + (phase === 'import' ? IMPORT_TIMEOUT_MS : MOMENT_TIMEOUT_MS);
  const isOver = (): boolean =>
    performance.now() > deadlineMs || stand.progress.isFinished || (phase === 'import' && stand.progress.hasBegun);
  const came = moment !== undefined && (await untilMoment(stand.proxy, moment, isOver));
  if (came && phase === 'import') await sleep(delayMs);
  const endedMs = await strike(stand);
  if (endedMs === undefined) return undefined;
  const recoverySeconds = await secondsToRecover(stand, endedMs);
  if (recoverySeconds > RECOVERY_LIMIT_SECONDS)
    stand.problems.push(`${kind} of ${target}: recovered after ${recoverySeconds.toFixed(1)} s`);
  return { kind, target, ...(came ? { moment } : {}), recoverySeconds };
}

/** Until something was stored that is work, and a prediction was answered that was asked for since. */
async function secondsToRecover(stand: Stand, endedMs: number): Promise<number> {
  const { progress, probe } = stand;
  const mustServe = probe.hasServed;
  const isBack = (): boolean =>
    (progress.isFinished || progress.workedMs > endedMs) && (!mustServe || probe.sentMs > endedMs);
  await until(stand, isBack, RECOVERY_TIMEOUT_MS);
  return (performance.now() - endedMs) / 1000;
}

/**
 * Until the run is at its end, a version answers, and nothing is under way.
 *
 * @param images that must be stored by then
 */
export async function untilDone(stand: Stand, images: number): Promise<void> {
  const isDone = async (): Promise<boolean> => {
    if (!stand.progress.isFinished || !stand.probe.hasServed) return false;
    const found = await findingsOf(stand).catch(unlessDamaged);
    if (!found) return false;
    const { scans, archived, leftover } = found;
    return new Set([...scans, ...archived]).size >= images && leftover.BATCHES + leftover.BATCH_REQUESTS === 0;
  };
  await until(stand, isDone, END_TIMEOUT_MS);
  await sleep(QUIET_MS);
}

/** A checkpoint whose tensors are damaged is saved again: it is waited for. */
function unlessDamaged(error: unknown): undefined {
  const { code } = SulcusError.from(error);
  if (code !== 'NOT_FOUND' && code !== 'HASH_MISMATCH') throw error;
}

export const findingsOf = (stand: Stand): ReturnType<typeof readFindings> =>
  readFindings(stand.bus, stand.archiveFolder, AbortSignal.timeout(READ_TIMEOUT_MS));

/** Resolves when it is so. Throws when it is not in time, or something has gone wrong that it need not wait for. */
async function until(
  { problems }: Stand,
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const before = problems.length;
  for (const deadlineMs = performance.now() + timeoutMs; !(await condition()); await sleep(LOOK_MS)) {
    if (problems.length > before) throw new SulcusError('CANCELLED', 'the round ends here');
    if (performance.now() > deadlineMs)
      throw new SulcusError('DEADLINE_EXCEEDED', `it did not get on in ${timeoutMs / 1000} s`);
  }
}
