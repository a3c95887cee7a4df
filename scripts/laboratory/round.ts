import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SulcusError } from '#libs/errors';
import { compare } from './compare.js';
import { readFindings, type Findings } from './findings.js';
import { untilMoment } from './observe/moments.js';
import type { RoundOutcome, Struck } from './outcome.js';
import type { DrawnFault } from './schedule.js';
import { Stand, type StandOptions } from './stand/stand.js';

/** A pipeline that has not come to its end this long after the last fault waits for ever. */
const END_TIMEOUT_MS = 90_000;
/** Work and predictions go on within half of this, or it is said; without them within this, the round is over. */
const RECOVERY_TIMEOUT_MS = 60_000;
const RECOVERY_LIMIT_SECONDS = 30;
/** A moment that does not come is not waited for longer: the fault then strikes at random. */
const MOMENT_TIMEOUT_MS = 4000;
const AUDIT_TIMEOUT_MS = 30_000;
/** Once everything is done, so long nothing more may come. */
const QUIET_MS = 700;
const LOOK_MS = 50;

/** A run left alone, that others are compared with. */
export async function calmRun(options: StandOptions): Promise<Findings> {
  const stand = await Stand.start(options);
  try {
    await untilDone(stand, options.images.count);
    return await findings(stand);
  } finally {
    await stand.stop();
    await rm(options.folder, { recursive: true, force: true });
  }
}

/** A run with faults, compared with the calm one. */
export async function faultyRun(
  options: StandOptions,
  { seed, faults, calm }: { seed: number; faults: readonly DrawnFault[]; calm: Findings },
): Promise<RoundOutcome> {
  const startedMs = performance.now();
  const stand = await Stand.start(options);
  const struck: Struck[] = [];
  const outcome = { lost: 0, doubled: 0, wrong: 0, hung: false };
  let isCompared = true;
  try {
    for (const fault of faults) {
      const came = await strikeWhenDue(stand, fault);
      if (came) struck.push(came);
      if (fault.when.phase === 'import' && stand.progress.hasBegun) isCompared = false;
    }
    await untilDone(stand, options.images.count);
    const { sentences, ...counts } = compare(await findings(stand), calm, isCompared);
    Object.assign(outcome, counts);
    stand.problems.push(...sentences);
  } catch (error) {
    outcome.hung = true;
    stand.problems.push(SulcusError.from(error).message);
  } finally {
    await stand.stop();
  }
  stand.problems.push(...stand.probe.failures);
  const { problems, probe } = stand;
  if (problems.some((problem) => /ended by itself|had not stopped/.test(problem))) outcome.hung = true;
  if (problems.length === 0) await rm(options.folder, { recursive: true, force: true });
  return {
    seed,
    scenario: 'pipeline',
    faults: struck,
    ...outcome,
    requests: probe.requests,
    failedPredictions: probe.failed,
    isCompared,
    seconds: (performance.now() - startedMs) / 1000,
    problems,
    ...(problems.length > 0 ? { kept: options.folder } : {}),
  };
}

const findings = (stand: Stand): Promise<Findings> =>
  readFindings(stand.bus, path.join(stand.stateFolder, 'archive'), AbortSignal.timeout(AUDIT_TIMEOUT_MS));

async function strikeWhenDue(stand: Stand, { kind, target, when, strike }: DrawnFault): Promise<Struck | undefined> {
  const { moment, delayMs, phase } = when;
  if (phase === 'training') await until(() => stand.progress.hasBegun || stand.progress.isFinished, END_TIMEOUT_MS);
  if (moment === undefined) await sleep(delayMs);
  const came = moment !== undefined && (await untilMoment(stand.proxy, moment, MOMENT_TIMEOUT_MS));
  if (came && phase === 'import') await sleep(delayMs);
  const endedMs = await strike(stand);
  if (endedMs === undefined) return undefined;
  const recoverySeconds = await secondsToRecover(stand, endedMs);
  if (recoverySeconds > RECOVERY_LIMIT_SECONDS)
    stand.problems.push(`${kind} of ${target}: recovered after ${recoverySeconds.toFixed(1)} s`);
  return { kind, target, ...(came ? { moment } : {}), recoverySeconds };
}

/** Until something was stored that is work, and a prediction was answered that was asked for since. */
async function secondsToRecover({ progress, probe, problems }: Stand, endedMs: number): Promise<number> {
  const mustServe = probe.hasServed;
  const isBack = (): boolean =>
    (progress.isFinished || progress.workedMs > endedMs) && (!mustServe || probe.sentMs > endedMs);
  await until(() => isBack() || problems.length > 0, RECOVERY_TIMEOUT_MS);
  return (performance.now() - endedMs) / 1000;
}

/** Until every image is stored, the run is at its end, a version answers, and nothing is under way. */
async function untilDone(stand: Stand, images: number): Promise<void> {
  const archive = path.join(stand.stateFolder, 'archive');
  await until(async () => {
    if (stand.problems.length > 0) throw new SulcusError('INTERNAL', 'the round ends here');
    if (!stand.progress.isFinished || !stand.probe.hasServed) return false;
    const { scans, archived, leftover } = await readFindings(stand.bus, archive, AbortSignal.timeout(AUDIT_TIMEOUT_MS));
    return new Set([...scans, ...archived]).size >= images && leftover.BATCHES + leftover.BATCH_REQUESTS === 0;
  }, END_TIMEOUT_MS);
  await sleep(QUIET_MS);
}

async function until(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<void> {
  for (const deadlineMs = performance.now() + timeoutMs; !(await condition()); await sleep(LOOK_MS))
    if (performance.now() > deadlineMs)
      throw new SulcusError('DEADLINE_EXCEEDED', `nothing came of it in ${timeoutMs / 1000} s`);
}
