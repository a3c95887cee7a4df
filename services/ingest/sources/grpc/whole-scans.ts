import type { ForwardedScan } from '#libs/contracts';
import { GatheredBytes } from '#libs/memory';

/**
 * Puts the images together that came in parts. Of one with more bytes than the limit no more than the limit is held:
 * what is handed on has one byte too many, and another hash than it should.
 */
export async function* wholeScans(
  messages: AsyncIterable<ForwardedScan>,
  maxBytes: number,
): AsyncGenerator<ForwardedScan, void, undefined> {
  const gathered = new GatheredBytes();
  const take = (part: Uint8Array): void => gathered.add(part.subarray(0, Math.max(0, maxBytes + 1 - gathered.length)));
  for await (const message of messages) {
    const { scan, part } = message;
    if (!scan) {
      take(part);
      // What holds neither is for the reader to refuse.
      if (part.length === 0) yield message;
      continue;
    }
    const last = scan.image?.inline;
    if (gathered.length === 0 || !last) yield message;
    else {
      take(last);
      yield { ...message, scan: { ...scan, image: { ...scan.image, inline: gathered.take() } } };
    }
    gathered.clear();
  }
}
