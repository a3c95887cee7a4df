const PROBE = 32;

/** Zero bytes in a row, the most there are in a part; runs shorter than 64 may be overlooked. */
export function longestZeros(bytes: Buffer, from: number, to: number): number {
  let most = 0;
  for (let at = from + PROBE - 1; at < to; at += PROBE) {
    if (bytes[at] !== 0) continue;
    let first = at;
    let end = at + 1;
    while (first > from && bytes[first - 1] === 0) first--;
    while (end < to && bytes[end] === 0) end++;
    most = Math.max(most, end - first);
    at = Math.max(at, end);
  }
  return most;
}
