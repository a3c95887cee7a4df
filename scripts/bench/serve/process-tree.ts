import { readdirSync, readFileSync } from 'node:fs';

/** Memory that a process and all below it have resident, in bytes (Linux). Pages that two of them share count twice. */
export function residentBytes(rootPid: number): number {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = parentOf(name);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (pid: number): number => ownBytes(pid) + (children.get(pid) ?? []).reduce((sum, child) => sum + below(child), 0);
  return below(rootPid);
}

function parentOf(name: string): number | undefined {
  if (!/^\d+$/.test(name)) return undefined;
  // The name of the program comes in parentheses and may hold anything.
  const fields = read(`/proc/${name}/stat`)?.split(') ').at(-1)?.split(' ');
  return fields && Number(fields[1]);
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
