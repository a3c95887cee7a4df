import { setTimeout as sleep } from 'node:timers/promises';
import { LoopDisk } from '../stand/loop-disk.js';
import { duringTraining, oneOf, type FaultKind } from './fault.js';

const MOMENTS = ['storing a batch', 'storing a checkpoint', 'pointing to a checkpoint', 'archiving a scan'] as const;
const UNMOUNT_TRIES = 50;

/** The machine's power goes: every process at once, and with them what was written and not synced. */
export const powerLoss: FaultKind = {
  name: 'power-loss',
  description: 'every process ends at once, and what was not synced to the disk is gone',
  needsDisk: true,
  onOneServer: true,
  unavailable: () => LoopDisk.unavailable(),
  draw: (random) => ({
    target: 'machine',
    when: duringTraining(random, random.chance(0.7) ? oneOf(random, MOMENTS) : undefined),
    strike: async (stand) => {
      let endedMs = 0;
      await stand.probe.announced(async () => {
        stand.disk!.cutPower();
        await stand.killAll();
        await unmount(stand.disk!);
        stand.disk!.mount();
        endedMs = performance.now();
        await stand.restartLauncher();
        await stand.predictorIsBack();
      });
      return endedMs;
    },
  }),
};

/** A process that was killed lets go of its files a moment later. */
async function unmount(disk: LoopDisk): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      return disk.unmount();
    } catch (error) {
      if (tries === UNMOUNT_TRIES) throw error;
      await sleep(100);
    }
}
