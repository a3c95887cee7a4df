import { setTimeout as sleep } from 'node:timers/promises';
import { LoopDisk } from '../stand/loop-disk.js';
import { duringTraining, type FaultKind, type When } from './fault.js';

const SHORTEST_MS = 1000;
const LONGEST_MS = 8000;
/** What is being written when the disk is full; undefined: whatever it is. */
const MOMENTS = [
  'storing a scan',
  undefined,
  'storing a checkpoint',
  'archiving a scan',
  'publishing a version',
] as const;

/** Broker, archive, logs and traces are on one disk, and it is full for a while. */
export const diskFull: FaultKind = {
  name: 'disk-full',
  description: 'not a byte is free for some seconds (--full-seconds), then there is room again',
  needsDisk: true,
  onOneServer: true,
  unavailable: () => LoopDisk.unavailable(),
  draw: (random, { fullSeconds }, turn) => {
    const drawnMs = random.integer(SHORTEST_MS, LONGEST_MS);
    const moment = MOMENTS[turn % MOMENTS.length];
    // What has no label leaves for the archive before training begins.
    const when: When =
      moment === 'storing a scan' || moment === 'archiving a scan'
        ? { phase: 'import', moment, delayMs: random.integer(0, 30) }
        : duringTraining(random, moment);
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
