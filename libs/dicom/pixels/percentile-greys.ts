import { inOrder, ValueHistogram } from './percentile-window.js';
import { rampGrey } from './voi.js';

/** Grey of sixteen bits without a header, in eight: by the window that MR has (0.5 % to 99.5 % of its values). */
export function percentileGreys(words: Uint16Array): Uint8Array {
  const counts = new Uint32Array(65_536);
  for (let at = 0; at < words.length; at++) counts[words[at]!]!++;
  const present: number[] = [];
  counts.forEach((count, word) => count > 0 && present.push(word));
  const window = new ValueHistogram(
    inOrder(
      present,
      present.map((word) => counts[word]!),
    ),
  ).window();
  const greyOf = rampGrey(window ?? { low: 0, high: 0 });
  const table = Uint8Array.from(counts, (count, word) => (count > 0 ? greyOf(word) : 0));
  const greys = new Uint8Array(words.length);
  for (let at = 0; at < words.length; at++) greys[at] = table[words[at]!]!;
  return greys;
}
