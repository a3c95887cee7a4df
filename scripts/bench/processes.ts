import { readFileSync, writeFileSync } from 'node:fs';

/** Linux counts processor time in units of 1/100 s, whatever the kernel's own tick is (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Fields of /proc/<pid>/stat after the program's name, which may hold spaces: user and system time in ticks. */
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;

/** Processor time that processes have used so far, all threads, user and system. */
export function processorMs(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS]);
  });
  return (ticks.reduce((sum, each) => sum + each, 0) * 1000) / TICKS_PER_SECOND;
}

function residentBytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const kibibytes = new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status does not tell ${field}`);
  return Number(kibibytes) * 1024;
}

const totalResident = (pids: readonly number[], field: 'VmRSS' | 'VmHWM'): number =>
  pids.reduce((sum, pid) => sum + residentBytes(pid, field), 0);

/** Memory that processes have resident now. */
export const rssBytes = (pids: readonly number[]): number => totalResident(pids, 'VmRSS');

/** The most that each process had resident since {@link resetPeakRss}, or ever, summed. */
export const peakRssBytes = (pids: readonly number[]): number => totalResident(pids, 'VmHWM');

/** Starts the count of the peak anew, so that it tells of the steps and not of loading. */
export function resetPeakRss(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
