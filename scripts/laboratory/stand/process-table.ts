import { readdirSync, readFileSync } from 'node:fs';

/** Processes of a pipeline that a fault can be aimed at. */
export const PARTS = [
  'launcher',
  'broker',
  'ingest',
  'archiver',
  'preprocess',
  'trainer',
  'trainer-engine',
  'predictor',
  'predictor-engine',
  'import',
] as const;

export type Part = (typeof PARTS)[number];

export interface Entry {
  pid: number;
  parent: number;
  words: readonly string[];
}

/** The processes of a part below some others, as they are at this moment. */
export function findProcesses(part: Part, launcher: number, others: readonly number[] = []): number[] {
  if (part === 'launcher') return isRunning(launcher) ? [launcher] : [];
  const table = readTable();
  const family = [launcher, ...others].flatMap((root) => [root, ...descendants(table, root).map(({ pid }) => pid)]);
  const members = table.filter(({ pid }) => family.includes(pid));
  const engineOf = /^(trainer|predictor)-engine$/.exec(part)?.[1];
  if (engineOf === undefined) return members.filter(({ words }) => runs(words, part)).map(({ pid }) => pid);
  const owners = members.filter(({ words }) => runs(words, engineOf)).map(({ pid }) => pid);
  return members.filter(({ parent, words }) => owners.includes(parent) && isEngine(words)).map(({ pid }) => pid);
}

const isCommandLine = (word: string): boolean => /services\/cli\/main\.[jt]s$/.test(word);
/** An engine names itself in the process list. */
const isEngine = (words: readonly string[]): boolean => words[0]?.startsWith('sulcus-engine') ?? false;

function runs(words: readonly string[], part: string): boolean {
  if (part === 'broker') return /(^|\/)nats-server$/.test(words[0] ?? '');
  const command = words.findIndex(isCommandLine);
  return command >= 0 && words[command + 1] === part;
}

/** Below a process, at any depth. */
export function descendants(table: readonly Entry[], pid: number): Entry[] {
  const children = table.filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...descendants(table, child.pid)]);
}

/** All that run. */
export function readTable(): Entry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // The name in brackets may hold anything; state and parent stand behind it.
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z') return [];
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        return [{ pid: Number(name), parent: Number(parent), words }];
      } catch {
        return []; // It ended while we were looking.
      }
    });
}

/** Whether a process lives; one that has ended and was not collected yet does not. */
export function isRunning(pid: number): boolean {
  return readTable().some((entry) => entry.pid === pid);
}

/** Sends a signal to a process; false when there is none. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // It has ended meanwhile.
  }
}
