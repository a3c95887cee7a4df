/**
 * Programs that set-up starts end with it. A signal that ends us ends their process groups first; what outlives a kill
 * -9 carries a mark in its environment, and the next set-up ends it before it begins, so that no two work in one
 * folder.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from './output.mjs';
import { root } from './paths.mjs';

const OWNER_VARIABLE = 'SULCUS_SETUP_OWNER';

const ENDING_SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** What does not end by SIGTERM within this time is killed. */
const GRACE_MS = 5000;

/**
 * The number of a process with its start time: alone the number may belong to a later process, together they are unique
 * until the next boot. Undefined when there is no such process.
 * @param {number} [pid]
 */
export function processIdentity(pid = process.pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return undefined;
  }
}

/** What the environment of everything that we start holds: whose it is, and of which clone. */
export const ownerMark = () => ({ [OWNER_VARIABLE]: `${processIdentity()}:${root}` });

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let ending = false;

/** @param {import('node:child_process').ChildProcess} child leader of a process group @param {NodeJS.Signals} signal */
function signalGroup({ pid }, signal) {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}

/** @param {NodeJS.Signals} signal */
async function end(signal) {
  // A second signal does not wait any longer.
  if (ending) return leave(signal);
  ending = true;
  // Not the same signal: programs that a shell has put in the background ignore SIGINT.
  for (const child of running) signalGroup(child, 'SIGTERM');
  const deadlineMs = Date.now() + GRACE_MS;
  while (running.size > 0 && Date.now() < deadlineMs) await sleep(20);
  leave(signal);
}

/** @param {NodeJS.Signals} signal */
function leave(signal) {
  for (const child of running) signalGroup(child, 'SIGKILL');
  process.exit(128 + constants.signals[signal]);
}

/** @param {NodeJS.Signals} signal */
function onSignal(signal) {
  void end(signal);
}

/**
 * Starts a child that is tied to us while it runs.
 * @template {import('node:child_process').ChildProcess} Child
 * @param {() => Child} start makes it the leader of a process group of its own
 * @returns {{ child: Child, release: () => boolean }} `release` is to be called when the child has ended, and says
 *   whether we go on ourselves
 */
export function startTied(start) {
  // First, because the child may be at work before `start` returns.
  if (running.size === 0) for (const signal of ENDING_SIGNALS) process.on(signal, onSignal);
  const child = start();
  running.add(child);
  const release = () => {
    running.delete(child);
    if (running.size === 0 && !ending) for (const signal of ENDING_SIGNALS) process.off(signal, onSignal);
    return !ending;
  };
  return { child, release };
}

/**
 * The living processes that a set-up of this clone started whose own process is gone.
 * @returns {number[]} their numbers
 */
function findOrphans() {
  const prefix = `${OWNER_VARIABLE}=`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        const mark = variables.find((variable) => variable.startsWith(prefix))?.slice(prefix.length);
        const identity = mark?.endsWith(`:${root}`) ? mark.slice(0, -root.length - 1) : undefined;
        return identity !== undefined && processIdentity(Number(identity.split(' ')[0])) !== identity;
      } catch {
        // It ended meanwhile, or belongs to somebody else.
        return false;
      }
    });
}

/**
 * Kills what a killed set-up of this clone left running, and waits for its end.
 * @returns {Promise<number>} how many processes there were
 */
export async function endOrphans() {
  const found = new Set();
  const deadlineMs = Date.now() + GRACE_MS;
  for (let pids = findOrphans(); pids.length > 0; pids = findOrphans()) {
    if (Date.now() > deadlineMs)
      throw new SetupError(`Process ${pids[0]}, left by a killed set-up, does not end: end it and run again.`);
    for (const pid of pids) {
      found.add(pid);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    await sleep(20);
  }
  return found.size;
}
