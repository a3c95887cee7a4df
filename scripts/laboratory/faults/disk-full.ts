import { setTimeout as sleep } from 'node:timers/promises';
import { LoopDisk } from '../stand/loop-disk.js';
import { duringTraining, oneOf, type FaultKind } from './fault.js';

const SHORTEST_MS = 1000;
const LONGEST_MS = 8000;
const MOMENTS = [
  'storing a batch',
  'storing a checkpoint',
  'storing a version',
  'archiving a scan',
  undefined,
] as const;

/** Broker, archive, logs and traces are on one disk, and it is full for a while. */
export const diskFull: FaultKind = {
  name: 'disk-full',
  description: 'not a byte is free for some seconds (--full-seconds), then there is room again',
  needsDisk: true,
  unavailable: () => LoopDisk.unavailable(),
  draw: (random, { fullSeconds }) => {
    const drawnMs = random.integer(SHORTEST_MS, LONGEST_MS);
    const when = random.chance(0.2)
      ? ({ phase: 'import', moment: 'storing a scan', delayMs: random.integer(0, 30) } as const)
      : duringTraining(random, oneOf(random, MOMENTS));
    return {
      target: 'disk',
      when,
      strike: async ({ disk }) => {
        disk!.fill();
        await sleep(fullSeconds === undefined ? drawnMs : fullSeconds * 1000);
        disk!.free();
        return performance.now();
      },
    };
  },
};
