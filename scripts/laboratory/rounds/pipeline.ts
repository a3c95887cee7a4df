import { writeFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import { compare, samePlaces, type Difference } from '../compare.js';
import type { Findings } from '../findings.js';
import type { RoundOutcome, Struck } from '../outcome.js';
import type { DrawnFault } from '../schedule.js';
import { runAudit } from '../stand/audit-command.js';
import { Stand, type StandOptions } from '../stand/stand.js';
import { findingsOf, strikeWhenDue, untilDone } from './waiting.js';

/** A run left alone, that others are compared with. */
export async function calmRun(options: StandOptions): Promise<Findings> {
  const stand = await Stand.start(options);
  try {
    await untilDone(stand, options.images.count);
    return await findingsOf(stand);
  } finally {
    await stand.stop();
    await rm(options.folder, { recursive: true, force: true });
  }
}

interface Round {
  seed: number;
  faults: readonly DrawnFault[];
  /** What a run left alone on the same images gives. */
  calm: Findings;
}

/** A run with faults, compared with the calm one. */
export async function faultyRun(options: StandOptions, round: Round): Promise<RoundOutcome> {
  const startedMs = performance.now();
  const stand = await Stand.start(options);
  const { problems, probe } = stand;
  const struck: Struck[] = [];
  const outcome = { lost: 0, doubled: 0, wrong: 0, hung: false, isCompared: false };
  try {
    const { isDamaged, hasUnreadable, sameArrivals } = await strikeAll(stand, round.faults, struck);
    await untilDone(stand, isDamaged ? 0 : options.images.count);
    const found = await findingsOf(stand);
    outcome.isCompared = sameArrivals && !isDamaged && samePlaces(found, round.calm);
    const { sentences, ...counts } = await judge(stand, found, round.calm, { ...outcome, isDamaged, hasUnreadable });
    Object.assign(outcome, counts);
    problems.push(...sentences);
  } catch (error) {
    outcome.hung = true;
    problems.push(SulcusError.from(error).message);
  } finally {
    await stand.stop();
  }
  problems.push(...probe.failures);
  if (stand.hasEndedBadly) outcome.hung = true;
  if (problems.length === 0) await rm(options.folder, { recursive: true, force: true });
  // A disk of its own goes with the round.
  else if (options.disk) await cp(stand.stateFolder, path.join(options.folder, 'state'), { recursive: true });
  return {
    seed: round.seed,
    faults: struck,
    ...outcome,
    requests: probe.requests,
    failedPredictions: probe.failed,
    seconds: (performance.now() - startedMs) / 1000,
    problems,
    ...(problems.length > 0 ? { kept: options.folder } : {}),
  };
}

interface Circumstances {
  /** Whether stored bytes were destroyed. */
  isDamaged: boolean;
  /** Whether messages were stored that nobody can read. */
  hasUnreadable: boolean;
  /** Whether training began with the same images as in the calm run. */
  sameArrivals: boolean;
}

async function strikeAll(stand: Stand, faults: readonly DrawnFault[], struck: Struck[]): Promise<Circumstances> {
  const circumstances = { isDamaged: false, hasUnreadable: false, sameArrivals: true };
  for (const fault of faults) {
    const came = await strikeWhenDue(stand, fault);
    if (!came) continue;
    struck.push(came);
    if (fault.when.phase === 'import' && stand.progress.hasBegun) circumstances.sameArrivals = false;
    if (fault.damages) circumstances.isDamaged = true;
    if (fault.leavesUnreadable) circumstances.hasUnreadable = true;
  }
  return circumstances;
}

/** By our own comparison, and by what `sulcus audit` says of the same. */
async function judge(
  stand: Stand,
  found: Findings,
  calm: Findings,
  { isDamaged, hasUnreadable, isCompared }: Omit<Circumstances, 'sameArrivals'> & { isCompared: boolean },
): Promise<Difference> {
  const difference = compare(found, calm, isCompared);
  const accepted = path.join(stand.options.folder, 'accepted.txt');
  writeFileSync(accepted, [...calm.scans, ...calm.archived].map((sample) => `${sample}\n`).join(''));
  const { clean, findings, error } = await runAudit(stand.brokerAddress, stand.archiveFolder, accepted);
  const unexpected = findings.filter(({ kind }) => !(hasUnreadable && kind === 'unreadable'));
  const named = unexpected.map(({ kind, where, what }) => `audit: ${kind}: ${where}: ${what}`);
  const failed = error ? [`audit: ${error.code}: ${error.message}`] : [];
  if (!isDamaged) return { ...difference, sentences: [...difference.sentences, ...named, ...failed] };
  // What a flipped bit takes is gone; that nobody says so would be the fault of ours.
  if (difference.lost === 0 || !clean) return { lost: 0, doubled: difference.doubled, wrong: 0, sentences: failed };
  return { ...difference, wrong: 0, sentences: [...difference.sentences, 'and the audit does not name it', ...failed] };
}
