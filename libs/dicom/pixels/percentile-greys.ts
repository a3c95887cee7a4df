import { inOrder, ValueHistogram } from './percentile-window.js';
import { rampGrey } from './voi.js';
import { countWords, mapGreys } from './word-counts.js';

/** Grey of sixteen bits without a header, in eight: by the window that MR has (0.5 % to 99.5 % of its values). */
export function percentileGreys(words: Uint16Array): Uint8Array {
  const present = countWords(words);
  const histogram = new ValueHistogram(inOrder(Float64Array.from(present.words), Float64Array.from(present.counts)));
  const greyOf = rampGrey(histogram.window() ?? { low: 0, high: 0 });
  const table = new Uint8Array((present.words.at(-1) ?? -1) + 1);
  for (const word of present.words) table[word] = greyOf(word);
  return mapGreys(words, table);
}
