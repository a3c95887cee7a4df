import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from '../stand/process-table.js';
import { duringTraining, oneOf, type FaultKind } from './fault.js';

const HOUR_MS = 3_600_000;
const JUMPS_MS = [-24 * HOUR_MS, -HOUR_MS, -5000, 5000, HOUR_MS, 24 * HOUR_MS, 400 * 24 * HOUR_MS];
const VICTIMS = ['launcher', 'ingest', 'archiver', 'preprocess', 'trainer', 'predictor'] as const satisfies Part[];
const FOR_MS = 3000;

/** A clock that was wrong and is set, or is set wrong. */
export const clock: FaultKind = {
  name: 'clock',
  description: "a process's clock jumps by seconds to a year, forwards or back, and back again",
  draw: (random) => {
    const [part, jumpMs] = [oneOf(random, VICTIMS), oneOf(random, JUMPS_MS)];
    return {
      target: part,
      when: duringTraining(random),
      strike: async (stand) => {
        const files = stand.pids(part).map((pid) => path.join(stand.clockFolder, String(pid)));
        mkdirSync(stand.clockFolder, { recursive: true });
        for (const file of files) writeFileSync(file, String(jumpMs));
        await sleep(FOR_MS);
        for (const file of files) rmSync(file);
        return files.length > 0 ? performance.now() : undefined;
      },
    };
  },
};
