import type { Stand } from '../stand/stand.js';
import { sendSignal, type Part } from '../stand/process-table.js';
import { drawAim, signalPart } from './aims.js';
import type { FaultKind } from './fault.js';

/** `kill -9`: a crash, the system out of memory. */
export const kill: FaultKind = {
  name: 'kill',
  description: 'kill -9 of a process, at random or at the worst moment',
  draw: (random) => {
    const { part, when } = drawAim(random);
    return { target: part, when, strike: (stand) => end(stand, part, 'SIGKILL') };
  },
};

/** What an operator or a machine that shuts down does. */
export const terminate: FaultKind = {
  name: 'terminate',
  description: 'SIGTERM to a process, which then ends in order',
  draw: (random) => {
    const { part, when } = drawAim(random);
    return { target: part, when, strike: (stand) => end(stand, part, 'SIGTERM') };
  },
};

/** A launcher starts again what ends; a launcher that ended is started again by its user. */
async function end(stand: Stand, part: Part, signal: NodeJS.Signals): Promise<number | undefined> {
  if (part !== 'launcher') return signalPart(stand, part, signal) ? performance.now() : undefined;
  let endedMs = 0;
  await stand.probe.announced(async () => {
    await stand.expectLauncherEnd((pid) => sendSignal(pid, signal));
    endedMs = performance.now();
    await stand.restartLauncher();
    await stand.predictorIsBack();
  });
  return endedMs;
}
