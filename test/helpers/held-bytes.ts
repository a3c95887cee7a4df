import { collectGarbage } from '#libs/memory';

/** What this process holds, without what nobody uses any more. */
export function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
