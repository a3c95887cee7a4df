import { pause } from '#libs/async';
import type { StreamStats } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { RecordStore } from './record-store.js';

export interface RetentionOptions {
  store: Pick<RecordStore, 'stats'>;
  log: Logger;
  /** Told when records have gone, with a sentence for operators. */
  onGone: (message: string) => void;
  everyMs: number;
  signal: AbortSignal;
}

const DAY_MS = 86_400_000;

/** How far back records reach, and under which limits. */
export function describeRetention({ messages, bytes, maxBytes, maxAgeMs, firstUnixMs }: StreamStats): string {
  const reach =
    firstUnixMs === undefined ? 'no record yet' : `${messages} records since ${new Date(firstUnixMs).toISOString()}`;
  const size = `${(bytes / 1e6).toFixed(1)} MB of ${(maxBytes / 1e6).toFixed(0)} MB`;
  return `${reach}, ${size}, kept for ${maxAgeMs / DAY_MS} days`;
}

/** Watches the records' oldest end until `signal`: what age or size takes away must not go unnoticed. */
export async function watchRetention({ store, log, onGone, everyMs, signal }: RetentionOptions): Promise<void> {
  let known: number | undefined;
  while (!signal.aborted) {
    try {
      const stats = await store.stats();
      if (known === undefined) log.info({ records: describeRetention(stats) }, 'predictions are recorded');
      else if (stats.firstSequence > known)
        onGone(
          `${stats.firstSequence - known} records of predictions have gone by age or size ` +
            `(SULCUS_STREAM_PREDICTIONS_AGE, SULCUS_STREAM_PREDICTIONS_BYTES): ${describeRetention(stats)}`,
        );
      known = stats.firstSequence;
    } catch (error) {
      log.debug({ err: SulcusError.from(error) }, 'The state of the records could not be read');
    }
    await pause(everyMs, signal);
  }
}
