import { setTimeout as sleep } from 'node:timers/promises';
import { sendSignal } from '../stand/process-table.js';
import { drawAim } from './aims.js';
import type { FaultKind } from './fault.js';

const SHORTEST_MS = 300;
const LONGEST_MS = 6000;

/** SIGSTOP, and SIGCONT later: a machine that swaps, a suspended laptop, a virtual machine that moves. */
export const pause: FaultKind = {
  name: 'pause',
  description: 'SIGSTOP of a process, and SIGCONT up to 6 s later',
  draw: (random) => {
    const { part, when } = drawAim(random);
    const forMs = random.integer(SHORTEST_MS, LONGEST_MS);
    return {
      target: part,
      when,
      strike: async (stand) => {
        const pids = stand.pids(part);
        if (!pids.map((pid) => sendSignal(pid, 'SIGSTOP')).some(Boolean)) return undefined;
        await sleep(forMs);
        for (const pid of pids) sendSignal(pid, 'SIGCONT');
        return performance.now();
      },
    };
  },
};
