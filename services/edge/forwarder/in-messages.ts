import type { ForwardedScanInput, ForwardedScan } from '#libs/contracts';

/** What a message holds beside its image. */
const ENVELOPE_BYTES = 64 * 1024;
/** Of an image that does not fit a message: small enough to be let through by what lets images through. */
const PART_BYTES = 4 * 2 ** 20;

/** A scan as it is sent: in one message, or with all but the end of its image before it in parts. */
export function* inMessages(
  message: ForwardedScan,
  maxMessageBytes: number,
): Generator<ForwardedScanInput, void, undefined> {
  const { scan } = message;
  const image = scan?.image?.inline;
  if (!image || image.length + ENVELOPE_BYTES <= maxMessageBytes) return yield message;
  const partBytes = Math.min(PART_BYTES, Math.max(ENVELOPE_BYTES, maxMessageBytes - ENVELOPE_BYTES));
  let at = 0;
  for (; at + partBytes < image.length; at += partBytes) yield { part: image.subarray(at, at + partBytes) };
  yield { ...message, scan: { ...scan, image: { inline: image.subarray(at) } } };
}
