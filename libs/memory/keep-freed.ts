import { collectGarbage } from './garbage.js';

/** The C library learns from no larger block (`DEFAULT_MMAP_THRESHOLD_MAX` of glibc: 32 MiB with its header). */
const LARGEST_BYTES = 31 * 2 ** 20;

/**
 * Has the C library keep freed memory for what comes next, up to twice 31 MiB. By default glibc gives a buffer of the
 * size of an image back to the system each time, which clears the pages of the next one anew: that takes as long as
 * filling it. What it keeps follows from the largest block that was freed (mallopt(3), `M_MMAP_THRESHOLD`).
 */
export function keepFreedMemory(): void {
  // Nobody writes to it: it takes addresses and no memory.
  Buffer.allocUnsafeSlow(LARGEST_BYTES);
  collectGarbage();
}
