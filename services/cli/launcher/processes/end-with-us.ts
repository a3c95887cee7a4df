import type { ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();

/**
 * Kills a child with its whole process group when this process exits without having ended it: at a second Ctrl-C, or
 * by a defect. Nothing that was acknowledged is lost by that; a child that goes on would work on without us.
 *
 * @param child leads a process group (`detached`)
 */
export function endWithUs(child: ChildProcess): void {
  if (running.size === 0) process.on('exit', endAll);
  running.add(child);
  child.once('exit', () => {
    running.delete(child);
    if (running.size === 0) process.off('exit', endAll);
  });
}

function endAll(): void {
  for (const { pid } of running)
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
}
