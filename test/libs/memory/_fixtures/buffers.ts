import { setImmediate as nextTurn } from 'node:timers/promises';
import { collectGarbage, keepFreedMemory } from '#libs/memory';

const BYTES = 525_000;

/** Fills so many buffers, of which nobody keeps one. @returns pages that the system brought */
async function fillBuffers(count: number): Promise<number> {
  const before = process.resourceUsage().minorPageFault;
  for (let at = 0; at < count; at++) {
    Buffer.allocUnsafe(BYTES).fill(1);
    if (at % 16 === 0) await nextTurn();
  }
  return process.resourceUsage().minorPageFault - before;
}

if (process.argv[2] === 'keep') keepFreedMemory();
await fillBuffers(2000);
collectGarbage();
await nextTurn();
process.stdout.write(String((await fillBuffers(500)) / 500));
