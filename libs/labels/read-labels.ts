import { Streams, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { LabelBook } from './label-book.js';

/** All labels that are stored now. @throws BUS_UNAVAILABLE */
export async function readLabels(bus: Bus, signal: AbortSignal): Promise<LabelBook> {
  const book = new LabelBook();
  if ((await bus.statsOf(Streams.LABELS)).messages === 0) return book;
  const codec = codecs.LabelEvent;
  for await (const { message, sequence, timeUnixMs } of bus.follow({
    stream: Streams.LABELS,
    codec,
    storedOnly: true,
    signal,
  }))
    if (message && !message.withdrawn) book.add(message, { sequence, storedUnixMs: timeUnixMs });
  return book;
}
