import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stand } from '../stand/stand.js';
import type { Part } from '../stand/process-table.js';
import { duringTraining, oneOf, type FaultKind } from './fault.js';

const SERVICES = ['ingest', 'archiver', 'preprocess', 'trainer', 'predictor'] as const satisfies Part[];
const FOR_MS = 4000;
const END_TIMEOUT_MS = 30_000;
const REFUSAL_TIMEOUT_MS = 20_000;

/** What a second instance cannot share with the first. */
const OF_ITS_OWN = { SULCUS_INGEST_ADDRESS: '127.0.0.1:0', SULCUS_PREDICTOR_ADDRESS: '127.0.0.1:0' };

/** Scaled out by hand, or an old process that somebody forgot: it joins in mid-run and leaves again. */
export const twice: FaultKind = {
  name: 'twice',
  description: 'a second process of a service joins with the same settings, and leaves some seconds later',
  draw: (random) => {
    const service = oneOf(random, SERVICES);
    const isKilled = random.chance(0.5);
    return {
      target: service,
      when: duringTraining(random),
      strike: async (stand) => {
        const [pid] = stand.pids(service);
        const second = pid === undefined ? undefined : startAgain(pid);
        if (!second) return undefined;
        await sleep(FOR_MS);
        await end(second, isKilled ? 'SIGKILL' : 'SIGTERM');
        return performance.now();
      },
    };
  },
};

/** `npm start` in another window: refused in a sentence, and the first goes on as if nothing had been. */
export const secondRun: FaultKind = {
  name: 'second-run',
  description: 'another launcher is started on the same state folder',
  draw: (random) => ({
    target: 'launcher',
    when: duringTraining(random),
    strike: async (stand) => {
      const [pid] = stand.pids('launcher');
      const second = pid === undefined ? undefined : startAgain(pid);
      if (!second) return undefined;
      const code = await Promise.race([exitOf(second), sleep(REFUSAL_TIMEOUT_MS, undefined, { ref: false })]);
      if (code === undefined || code === 0) reportAccepted(stand, code);
      await end(second, 'SIGTERM');
      return performance.now();
    },
  }),
};

function reportAccepted({ problems }: Stand, code: number | undefined): void {
  const what = code === undefined ? 'was not refused' : 'ended with code 0';
  problems.push(`a second launcher on the same state folder ${what}`);
}

/** A process with the command line and the environment of one that runs. */
function startAgain(pid: number): ChildProcess | undefined {
  try {
    const read = (file: string): string[] => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').slice(0, -1);
    const [program, ...words] = read('cmdline') as [string, ...string[]];
    const environment = Object.fromEntries(
      read('environ').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    // The channel to the launcher is the first one's alone.
    delete environment['NODE_CHANNEL_FD'];
    return spawn(program, words, { stdio: 'ignore', env: { ...environment, ...OF_ITS_OWN } });
  } catch {
    return undefined; // It has ended meanwhile.
  }
}

async function exitOf(child: ChildProcess): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? 1;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const insist = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
  child.kill(signal);
  await exitOf(child);
  clearTimeout(insist);
}
