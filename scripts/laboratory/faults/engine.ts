import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '#libs/random';
import { sendSignal } from '../stand/process-table.js';
import { signalPart, type Aim } from './aims.js';
import { duringTraining, oneOf, type FaultKind } from './fault.js';

const SHORTEST_MS = 300;
const LONGEST_MS = 8000;

/** When an engine's answer is awaited by what matters: a step before a checkpoint, a new version's first answer. */
const MOMENTS = {
  'trainer-engine': ['storing a checkpoint', 'storing a version', undefined],
  'predictor-engine': ['swapping a version', undefined],
} as const;

const drawEngine = (random: Random): Aim => {
  const part = oneOf(random, ['trainer-engine', 'predictor-engine'] as const);
  return { part, when: duringTraining(random, oneOf(random, MOMENTS[part])) };
};

/** A crash in a kernel, a device that is lost, the system out of memory. */
export const killEngine: FaultKind = {
  name: 'kill-engine',
  description: 'kill -9 of the process that computes for the trainer or the predictor, which live on',
  draw: (random) => {
    const { part, when } = drawEngine(random);
    return {
      target: part,
      when,
      strike: async (stand) => (signalPart(stand, part, 'SIGKILL') ? performance.now() : undefined),
    };
  },
};

/** A driver that hangs, and comes back. */
export const stallEngine: FaultKind = {
  name: 'stall-engine',
  description: 'SIGSTOP of the process that computes for the trainer or the predictor, and SIGCONT up to 8 s later',
  draw: (random) => {
    const { part, when } = drawEngine(random);
    const forMs = random.integer(SHORTEST_MS, LONGEST_MS);
    return {
      target: part,
      when,
      strike: async (stand) => {
        const pids = stand.pids(part).filter((pid) => sendSignal(pid, 'SIGSTOP'));
        if (pids.length === 0) return undefined;
        await sleep(forMs);
        for (const pid of pids) sendSignal(pid, 'SIGCONT');
        return performance.now();
      },
    };
  },
};
