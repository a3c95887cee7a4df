import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';

/** Bit of CAP_SYS_NICE in a process's effective capabilities (linux/capability.h). */
const CAP_SYS_NICE = 1n << 23n;

/**
 * Whether a thread of this process that made itself less urgent may come back to the process's own nice value. Linux
 * keeps a value per thread, and allows it to root, to CAP_SYS_NICE and within `ulimit -e` (RLIMIT_NICE).
 */
export function canRestoreNiceness(): boolean {
  if (process.platform !== 'linux') return false;
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (capabilities !== undefined && (BigInt(`0x${capabilities}`) & CAP_SYS_NICE) !== 0n && inFirstUserNamespace())
    return true;
  const limit = /^Max nice priority\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return limit === 'unlimited' || 20 - Number(limit) <= os.getPriority();
}

/** Elsewhere, as in a container without root, a capability counts for less than it says. */
const inFirstUserNamespace = (): boolean =>
  /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));

/** Nice value of the calling thread: -20 (most urgent) to 19. On Linux only; elsewhere it is the whole process's. */
export const setThreadNiceness = (niceness: number): void => os.setPriority(0, niceness);

/**
 * Nice value of every thread of a process. Those that it starts meanwhile take after the ones that start them, so the
 * list is read until it holds no other.
 */
export function setProcessNiceness(pid: number, niceness: number): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const thread of threadsOf(pid)) changed = setOne(thread, niceness) || changed;
  }
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return []; // it has ended
  }
}

/** @returns whether the thread had another value */
function setOne(thread: number, niceness: number): boolean {
  try {
    if (os.getPriority(thread) === niceness) return false;
    os.setPriority(thread, niceness);
    return true;
  } catch (error) {
    if ((error as { info?: { code?: string } }).info?.code === 'ESRCH') return false; // it has ended
    throw error;
  }
}
