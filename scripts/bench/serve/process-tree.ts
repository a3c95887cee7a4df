import { readdirSync, readFileSync } from 'node:fs';

/** Memory that a process and all below it have resident, in bytes (Linux). Pages that two of them share count twice. */
export const residentBytes = (rootPid: number): number => sumOver(rootPid, ownBytes);

/** Processor time that a process and all below it have used so far, user and system, in milliseconds (Linux). */
export const processorMs = (rootPid: number): number => sumOver(rootPid, ownProcessorMs);

function sumOver(rootPid: number, value: (pid: number) => number): number {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = parentOf(name);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (pid: number): number =>
    value(pid) + (children.get(pid) ?? []).reduce((sum, child) => sum + below(child), 0);
  return below(rootPid);
}

function parentOf(name: string): number | undefined {
  if (!/^\d+$/.test(name)) return undefined;
  const fields = statFields(name);
  return fields && Number(fields[1]);
}

/** Fields of a process's stat from the third on (proc(5)): the name of the program before them may hold anything. */
const statFields = (pid: string | number): string[] | undefined =>
  read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ');

/** Linux counts in hundredths of a second for programs, whatever it does itself (USER_HZ). */
const TICK_MS = 10;

function ownProcessorMs(pid: number): number {
  const [user, system] = statFields(pid)?.slice(11, 13) ?? [0, 0];
  return TICK_MS * (Number(user) + Number(system));
}

function ownBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s*(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
}

/** Undefined for a process that has just ended. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
