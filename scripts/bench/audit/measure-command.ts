import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** What a command of sulcus took. */
export interface MeasuredCommand {
  seconds: number;
  /** Of processor time, its own alone: what a machine that is busy with other things does not change. */
  cpuSeconds: number;
  /** Most memory that was resident, megabytes. */
  peakMb: number;
  exitCode: number;
  output: string;
}

const LOOK_MS = 100;
/** What Linux counts processor time in, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
const MAIN = path.resolve(import.meta.dirname, '../../../services/cli/main.ts');

/** Runs a command as a process of its own, from its sources; loading them is in the figures. */
export async function measureCommand(words: readonly string[]): Promise<MeasuredCommand> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...process.execArgv, MAIN, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let [output, peakKb, cpuSeconds] = ['', 0, 0];
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  const look = async (): Promise<void> => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8').catch(() => '');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    cpuSeconds = Math.max(cpuSeconds, ((user ?? 0) + (system ?? 0)) / TICKS_PER_SECOND);
  };
  const looking = setInterval(() => void look(), LOOK_MS);
  const [exitCode] = (await once(child, 'close')) as [number];
  clearInterval(looking);
  return { seconds: (performance.now() - startedMs) / 1000, cpuSeconds, peakMb: peakKb / 1000, exitCode, output };
}
