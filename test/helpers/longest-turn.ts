/** Follows how long others of this thread wait for their turn. @returns what ends that, and gives the longest wait */
export function followTurns(): () => number {
  let [last, longestMs, isOver] = [performance.now(), 0, false];
  const look = (): void => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  return () => {
    isOver = true;
    return Math.max(longestMs, performance.now() - last);
  };
}
