import { setTimeout as sleep } from 'node:timers/promises';
import { followScans, type Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { RetryingClient } from './retrying-client.js';
import { readImage } from './stored-scans.js';

/** Images that are sent in turn. */
const IMAGES = 24;
const INTERVAL_MS = 250;

/**
 * Asks for predictions all along, a few a second, from the moment the predictor serves until the signal aborts: what it
 * meets while models are swapped and processes restarted is what users would meet.
 */
export async function probeAvailability(
  bus: Bus,
  client: RetryingClient,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  try {
    const images = await heldOutImages(bus, signal);
    await client.untilServing(images[0]!, signal);
    for (let turn = 0; !signal.aborted; turn++) {
      await client.predict(images[turn % images.length]!, `probe ${turn}`, signal).catch((error: unknown) => {
        if (!signal.aborted) log.warn({ err: SulcusError.from(error) }, 'a request failed');
      });
      await sleep(INTERVAL_MS, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** The first images of the stream that the network does not train on. */
async function heldOutImages(bus: Bus, signal: AbortSignal): Promise<Buffer[]> {
  const images: Buffer[] = [];
  for await (const { sequence, split, pending } of followScans(bus, { signal })) {
    const image = split === 'SPLIT_VALIDATION' || split === 'SPLIT_TEST' ? await readImage(bus, sequence) : undefined;
    if (image) images.push(image);
    if (images.length === IMAGES || (images.length > 0 && pending === 0)) break;
  }
  return images;
}
